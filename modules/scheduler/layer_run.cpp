#include "scheduler/layer_run.h"

#include <algorithm>
#include <numeric>

#include "sparse_attention_engine/scratch.h"

namespace esact {

LayerRun::LayerRun(const LayerPorts& ports, const EsactConfig& config, const Descriptor& descriptor, LayerWork work,
                   LayerPlan plan)
    : ports_(ports),
      config_(config),
      descriptor_(descriptor),
      work_(std::move(work)),
      plan_(std::move(plan)),
      layout_(work_.shape),
      predictor_shifts_(2 * work_.shape.heads),
      critical_rows_(work_.shape.heads) {
  std::uint32_t first = 0;
  for (std::uint32_t tokens : work_.sequences) {
    first_tokens_.push_back(first);
    first += tokens;
  }
}

void LayerRun::run() {
  const std::uint64_t tokens = work_.tokens(), batch_bytes = tokens * work_.shape.width;
  SramSpace& space = ports_.space;
  representatives_ = space.allocate(work_.spls.enabled ? work_.shape.heads * tokens : 0);
  roots_ = space.allocate(work_.spls.enabled ? tokens : 0);
  results_ = space.allocate(work_.shape.heads * work_.sequences.size() * sizeof(PredictionResult));
  for (std::uint32_t lane = 0; lane < kVectorLanes; ++lane) {
    row_groups_.push_back(space.allocate(std::uint64_t{kVectorRows} * work_.shape.width * sizeof(std::int32_t)));
  }
  if (plan_.z_resident) z_ = space.allocate(batch_bytes);

  const Section constants = layout_.attention_constants();
  constants_ = space.allocate(constants.bytes);
  load(descriptor_.parameters + constants.offset, constants_.address(), constants.bytes);
  ports_.memory.read(constant(layout_.attention().scalars), &scalars_, sizeof scalars_);
  ports_.memory.read(constant(layout_.attention().predictor_shifts), predictor_shifts_.data(),
                     predictor_shifts_.size());
  if (plan_.x_resident) x_ = space.allocate(batch_bytes);
  engine_scratch_ = space.allocate(plan_.engine_workers * EngineScratch(work_.longest(), work_.shape.head_width).bytes);

  quantise_inputs();
  attend_heads();
  if (work_.spls.enabled) {
    vote();
  } else if (ports_.tensors.bound()) {
    publish_own_roots();
  }
  x_ = {};
  engine_scratch_ = {};
  constants_ = {};
  run_row_blocks();
}

void LayerRun::move(DmaDirection direction, std::uint64_t system_address, std::uint64_t sram_address,
                    std::uint64_t bytes) {
  const DmaCommand command{direction, 0, system_address, sram_address, bytes};
  if (ports_.dma.try_send(command) != tlm::TLM_OK_RESPONSE) throw LayerError{ErrorCode::kBusError, system_address};
}

void LayerRun::load(std::uint64_t system_address, std::uint64_t sram_address, std::uint64_t bytes) {
  move(DmaDirection::kToSram, system_address, sram_address, bytes);
}

void LayerRun::store(std::uint64_t sram_address, std::uint64_t system_address, std::uint64_t bytes) {
  move(DmaDirection::kToSystem, system_address, sram_address, bytes);
}

void LayerRun::vector(const VectorCommand& command) {
  const tlm::tlm_response_status status = ports_.vector_unit.try_send(command);
  if (status == tlm::TLM_GENERIC_ERROR_RESPONSE) throw LayerError{ErrorCode::kOverflow, 0};
  if (status != tlm::TLM_OK_RESPONSE) SC_REPORT_FATAL(ports_.vector_unit.name(), "the vector unit refused a command");
}

void LayerRun::for_row_groups(std::uint32_t first, std::uint32_t rows,
                              const std::function<void(std::uint32_t, std::uint32_t, std::uint32_t)>& body) {
  TaskGroup lanes;
  for (std::uint32_t lane = 0; lane < kVectorLanes; ++lane) {
    lanes.run([&, lane] {
      for (std::uint32_t row = lane * kVectorRows; row < rows; row += kVectorLanes * kVectorRows) {
        body(lane, first + row, std::min(kVectorRows, rows - row));
      }
    });
  }
  lanes.wait();
}

void LayerRun::quantise_inputs() {
  const std::uint64_t width = work_.shape.width;
  std::vector<SramBuffer> staged(kVectorLanes);
  if (!plan_.x_resident) {
    for (SramBuffer& buffer : staged) buffer = ports_.space.allocate(kVectorRows * width);
  }
  for_row_groups(0, work_.tokens(), [&](std::uint32_t lane, std::uint32_t first, std::uint32_t rows) {
    const std::uint64_t h = row_groups_[lane].address();
    const std::uint64_t x = plan_.x_resident ? x_.address() + first * width : staged[lane].address();
    load(descriptor_.input_h + first * width * sizeof(std::int32_t), h, rows * width * sizeof(std::int32_t));
    const AttentionConstants& constants = layout_.attention();
    VectorCommand command;
    command.work = work_id(0, 0, static_cast<std::uint16_t>(first / kVectorRows));
    command.kind = work_.shape.pre_ln ? VectorKind::kLayerNorm : VectorKind::kQuantise;
    command.rows = rows;
    command.width = work_.shape.width;
    command.in = h;
    command.scale = {constant(constants.x_multiplier), constant(constants.x_shift)};
    command.norm = {constant(constants.norm1_gamma), constant(constants.norm1_beta), scalars_.norm1_shift,
                    scalars_.norm1_epsilon};
    command.out = {x, 0, work_.shape.width, work_.shape.width};
    command.first_token = first;
    vector(command);
    if (!plan_.x_resident) store(x, descriptor_.scratch + first * width, rows * width);
  });
}

/// Without SPLS every token is its own root.
void LayerRun::publish_own_roots() {
  for (std::size_t sequence = 0; sequence < work_.sequences.size(); ++sequence) {
    TensorRows rows;
    rows.tensor = "ffn_root";
    rows.type = ElementType::kInt32;
    rows.layer = descriptor_.layer;
    rows.columns = 1;
    std::vector<std::int32_t> roots(work_.sequences[sequence]);
    std::iota(roots.begin(), roots.end(), 0);
    for (std::int32_t root : roots) rows.tokens.push_back(first_tokens_[sequence] + root);
    rows.data = roots.data();
    ports_.tensors.write(rows);
  }
}

WorkId LayerRun::work_id(std::uint32_t sequence, std::uint32_t head, std::uint32_t window) const {
  return {descriptor_.layer, static_cast<std::uint16_t>(sequence), static_cast<std::uint16_t>(head),
          static_cast<std::uint16_t>(window)};
}

}  // namespace esact
