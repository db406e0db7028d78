#include "example_block/row_maximum.h"

#include "example_block/row_maxima.h"
#include "example_block/timing.h"

namespace esact {

RowMaximum::RowMaximum(sc_core::sc_module_name name, const RowMaximumConfig& config, const TlmConfig& tlm,
                       const Clock& clock)
    : sc_module(name),
      command("command", config.queue_depth),
      memory("memory", tlm, clock, config.port_bytes),
      config_(config),
      clock_(clock),
      ledger_(clock, 1) {
  SC_HAS_PROCESS(RowMaximum);
  SC_THREAD(execute);
}

void RowMaximum::execute() {
  for (;;) {
    auto* const current = command.take();
    clock_.wait(0);
    const tlm::tlm_response_status status = run(current->record);
    ledger_.enter(0, UnitState::kIdle);
    command.complete(current, status);
  }
}

tlm::tlm_response_status RowMaximum::run(const RowMaximumCommand& record) {
  if (record.in == kNoAddress || record.out == kNoAddress) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  ledger_.enter(0, UnitState::kBusy);
  const sc_core::sc_time computed =
      sc_core::sc_time_stamp() + clock_.cycles(row_maximum_timing::compute_cycles(config_, record));
  std::vector<std::int32_t> values(std::size_t{record.rows} * record.width);
  memory.read(record.in, values.data(), values.size() * sizeof(std::int32_t));
  const std::vector<std::uint32_t> maxima = kernels::row_maxima({values.data(), record.rows, record.width});
  if (sc_core::sc_time_stamp() > computed) ledger_.enter(0, UnitState::kSram, computed);
  Clock::wait_until(computed);
  counts_.vector_operations += values.size();

  ledger_.enter(0, UnitState::kSram);
  memory.write(record.out, maxima.data(), maxima.size() * sizeof(std::uint32_t));
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace esact
