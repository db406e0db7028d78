#include "scheduler/layer_context.h"

#include "scheduler/parameter_check.h"

namespace esact {
namespace {

std::vector<std::uint32_t> first_tokens_of(const std::vector<std::uint32_t>& sequences) {
  std::vector<std::uint32_t> first_tokens;
  std::uint32_t first = 0;
  for (std::uint32_t tokens : sequences) {
    first_tokens.push_back(first);
    first += tokens;
  }
  return first_tokens;
}

}  // namespace

LayerContext::LayerContext(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor,
                           LayerWork layer_work, LayerPlan layer_plan)
    : ports(ports),
      config(config),
      descriptor(descriptor),
      work(std::move(layer_work)),
      plan(std::move(layer_plan)),
      layout(work.shape),
      scratch(work, descriptor.scratch),
      first_tokens(first_tokens_of(work.sequences)),
      critical_rows(work.shape.heads) {}

void LayerContext::move(DmaDirection direction, std::uint64_t system_address, std::uint64_t sram_address,
                        std::uint64_t bytes) const {
  const DmaCommand command{direction, 0, system_address, sram_address, bytes};
  if (ports.dma.try_send(command) != tlm::TLM_OK_RESPONSE) throw LayerError{ErrorCode::kBusError, system_address};
}

void LayerContext::load(std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes) const {
  move(DmaDirection::kToSram, system_address, sram_address, bytes);
}

void LayerContext::store(std::uint64_t sram_address, std::uint64_t system_address, std::uint64_t bytes) const {
  move(DmaDirection::kToSystem, system_address, sram_address, bytes);
}

void LayerContext::load_heads(std::uint64_t system_address, std::uint64_t system_stride, std::uint64_t sram_address,
                              std::uint64_t bytes) const {
  TaskGroup loads(ports.tasks);
  for (std::uint64_t head = 0; head < work.shape.heads; ++head) {
    loads.run([=] { load(system_address + head * system_stride, sram_address + head * bytes, bytes); });
  }
  loads.wait();
}

void LayerContext::load_representatives(std::uint64_t first_token, std::uint64_t rows, std::uint64_t window,
                                        std::uint64_t sram_address) const {
  const std::uint64_t from = scratch.representatives + first_token;
  load_heads(from, work.tokens(), sram_address, rows);
  for (std::uint64_t head = 0; head < work.shape.heads; ++head) {
    check_distances(from + head * work.tokens(), sram_address + head * rows, rows, window);
  }
}

void LayerContext::load_roots(std::uint64_t first_token, std::uint64_t rows, std::uint64_t sram_address) const {
  load(scratch.roots + first_token, sram_address, rows);
  check_distances(scratch.roots + first_token, sram_address, rows, rows);
}

void LayerContext::check_distances(std::uint64_t scratch_address, std::uint64_t sram_address, std::uint64_t rows,
                                   std::uint64_t window) const {
  std::vector<std::uint8_t> distances(rows);
  ports.memory.debug_read(sram_address, distances.data(), distances.size());
  for (std::uint64_t row = 0; row < rows; ++row) {
    if (distances[row] > row % window) throw LayerError{ErrorCode::kBadScratch, scratch_address + row};
  }
}

SramBuffer LayerContext::load_parameters(const Section& section) const {
  SramBuffer buffer = ports.space.allocate(section.bytes);
  load(descriptor.parameters + section.offset, buffer.address(), section.bytes);
  std::vector<std::uint8_t> bytes(section.bytes);
  ports.memory.debug_read(buffer.address(), bytes.data(), bytes.size());
  check_parameters(work.shape, layout, section, bytes, descriptor.parameters);
  return buffer;
}

void LayerContext::vector(const VectorCommand& command) const {
  const tlm::tlm_response_status status = ports.vector_unit.try_send(command);
  if (status == tlm::TLM_GENERIC_ERROR_RESPONSE) throw LayerError{ErrorCode::kOverflow, 0};
  if (status != tlm::TLM_OK_RESPONSE) SC_REPORT_FATAL(ports.vector_unit.name(), "the vector unit refused a command");
}

WorkId LayerContext::work_id(std::uint32_t sequence, std::uint32_t head, std::uint32_t window) const {
  return {descriptor.layer, static_cast<std::uint16_t>(sequence), static_cast<std::uint16_t>(head),
          static_cast<std::uint16_t>(window)};
}

}  // namespace esact
