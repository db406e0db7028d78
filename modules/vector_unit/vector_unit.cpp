#include "vector_unit/vector_unit.h"

#include <numeric>

#include "vector_unit/compute.h"
#include "vector_unit/publish.h"
#include "vector_unit/timing.h"

namespace esact {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

VectorUnit::VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config, const TlmConfig& tlm,
                       const Clock& clock)
    : sc_module(name),
      command("command", config.queue_depth),
      memory("memory", tlm, clock, config.port_bytes),
      config_(config),
      clock_(clock),
      ledger_(clock, 1) {
  if (config.lanes == 0) SC_REPORT_FATAL(this->name(), "vector_unit.lanes must be at least 1");
  SC_HAS_PROCESS(VectorUnit);
  SC_METHOD(note_arrivals);
  sensitive << command.arrived();
  dont_initialize();
  SC_THREAD(execute);
  SC_THREAD(drain);
}

/// What has arrived is looked at at the next edge.
void VectorUnit::note_arrivals() {
  ready_.notify(clock_.cycles(clock_.cycle(sc_time_stamp()) + 1) - sc_time_stamp());
}

void VectorUnit::execute() {
  for (;;) {
    Command* const current = next_command();
    const tlm::tlm_response_status status = run(current->record);
    while (draining_) sc_core::wait(drained_);
    draining_ = current;
    status_ = status;
    std::swap(result_, drained_result_);
    computed_.notify(sc_core::SC_ZERO_TIME);
  }
}

VectorUnit::Command* VectorUnit::next_command() {
  for (;;) {
    Command* first = nullptr;
    for (Command* waiting : command.waiting()) {
      if (!is_ready(*waiting, clock_)) continue;
      if (!first || ready_order(*waiting, clock_) < ready_order(*first, clock_)) first = waiting;
    }
    waiting_ = first == nullptr;
    if (first) return command.take(first);
    ledger_.enter(0, draining_ ? UnitState::kSram : UnitState::kIdle);
    sc_core::wait(ready_);
  }
}

/// Reads and computes one command; returns at the end of its computation, when the result buffer is free.
tlm::tlm_response_status VectorUnit::run(const VectorCommand& record) {
  const sc_time start = sc_time_stamp();
  ledger_.enter(0, UnitState::kBusy);
  if (!is_valid(record) || !read_operands(memory, record, operands_)) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const bool fits = compute(record, operands_, tensors.bound(), result_);

  const std::uint64_t elements = element_count(record, operands_);
  const sc_time end = start + clock_.cycles(vector_unit_timing::compute_cycles(config_, record, elements));
  Clock::wait_until(end);
  clock_.wait(0);
  while (draining_) sc_core::wait(drained_);
  if (sc_time_stamp() > end) ledger_.enter(0, UnitState::kSram, end);

  counts_.vector_operations += elements * vector_unit_timing::passes(record);
  if (record.kind == VectorKind::kScatterAdd) counts_.output_adds += elements;
  if (!fits) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (tensors.bound()) publish_tensors(record);
  return tlm::TLM_OK_RESPONSE;
}

void VectorUnit::publish_tensors(const VectorCommand& record) {
  std::vector<std::uint32_t> tokens(record.rows);
  if (record.tokens != kNoAddress) {
    memory.debug_read(record.tokens, tokens.data(), tokens.size() * sizeof(std::uint32_t));
  } else {
    for (std::uint32_t row = 0; row < record.rows; ++row) {
      tokens[row] = record.first_token + (record.kind == VectorKind::kContext ? operands_.listed(row) : row);
    }
  }
  publish(tensors, record, operands_, result_, tokens);
}

/// Writes the results of one command after another and completes them.
void VectorUnit::drain() {
  for (;;) {
    while (!draining_) sc_core::wait(computed_);
    if (status_ == tlm::TLM_OK_RESPONSE) write_result(memory, draining_->record, drained_result_);
    command.complete(draining_, status_);
    draining_ = nullptr;
    if (waiting_) ledger_.enter(0, UnitState::kIdle);
    drained_.notify(sc_core::SC_ZERO_TIME);
  }
}

}  // namespace esact
