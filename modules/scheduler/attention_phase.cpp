#include "scheduler/attention_phase.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/address_cursor.h"

namespace esact {

/// A head's weights, shared by its jobs and given back with the last of them.
struct AttentionPhase::HeadWeights {
  explicit HeadWeights(AttentionPhase& phase) : phase(phase) { ++phase.live_weight_sets_; }
  HeadWeights(const HeadWeights&) = delete;
  HeadWeights& operator=(const HeadWeights&) = delete;
  ~HeadWeights() {
    if (phase.contiguous()) phase.weight_places_.push_back(std::move(buffer));
    --phase.live_weight_sets_;
    phase.weights_freed_.notify();
  }

  AttentionPhase& phase;
  SramBuffer buffer;
  Latch loaded;
};

/// One head of one sequence with its buffers and its slot in the engine, all given back when it goes.
struct AttentionPhase::Job {
  explicit Job(AttentionPhase& phase) : phase(phase), slot(phase.free_slots_.front()) { phase.free_slots_.pop_front(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() {
    phase.free_slots_.push_back(slot);
    phase.slot_freed_.notify();
  }

  AttentionPhase& phase;
  const std::uint16_t slot;
  std::uint32_t head = 0;
  std::uint32_t sequence = 0;
  std::uint32_t tokens = 0;
  std::uint32_t first_token = 0;
  std::shared_ptr<HeadWeights> weights;
  std::shared_ptr<Latch> turn;  ///< opens when the former job's prediction has been dispatched
  std::shared_ptr<Latch> next_turn;
  SramBuffer keys, values, mask, selection;
  SramBuffer own_z, own_x;  ///< where z, x of the batch are not resident
  std::uint64_t z = kNoAddress, x = kNoAddress;

  std::uint64_t result() const { return selection.address() + align64(tokens); }
};

AttentionPhase::AttentionPhase(LayerContext& layer)
    : layer_(layer), constants_(layer.load_parameters(layer.layout.attention_constants())) {
  const LayerPlan& plan = layer.plan;
  SramSpace& space = layer.ports.space;
  layer.ports.memory.read(constant(layer.layout.attention().scalars), &layer.scalars, sizeof layer.scalars);
  predictor_shifts_.resize(2 * layer.shape().heads);
  layer.ports.memory.read(constant(layer.layout.attention().predictor_shifts), predictor_shifts_.data(),
                          predictor_shifts_.size());
  if (plan.attention.x == XPlacement::kBatch)
    x_ = space.allocate(std::uint64_t{layer.work.tokens()} * layer.shape().width);
  engine_scratch_ = space.allocate(plan.attention.workers * engine_scratch(layer.work, plan).bytes);
  predictor_rows_ = space.allocate(predictor_rows_bytes(layer.work, plan));
}

void AttentionPhase::run() {
  InputPhase inputs(layer_, constants_.address(), x_.address());
  inputs_ = &inputs;
  TaskGroup heads(layer_.ports.tasks);
  heads.run([this] { attend_heads(); });
  heads.wait_until_running(0);
  inputs.finish();
  heads.wait();
  x_ = {};
  engine_scratch_ = {};
  predictor_rows_ = {};
  if (layer_.work.spls.enabled) {
    vote();
  } else if (layer_.ports.tensors.bound()) {
    publish_own_roots();
  }
}

void AttentionPhase::attend_heads() {
  TaskGroup tasks(layer_.ports.tasks);
  free_slots_.resize(layer_.plan.attention.keys_resident ? layer_.config.scheduler.heads_in_flight : 1);
  std::iota(free_slots_.begin(), free_slots_.end(), std::uint16_t{0});
  auto turn = std::make_shared<Latch>();
  turn->arrive();

  if (contiguous()) {
    const std::vector<std::uint64_t> sizes(layer_.plan.attention.weight_sets, layer_.layout.head_weights(0).bytes);
    weight_places_ = layer_.ports.space.allocate_together(sizes, Placement::kHigh);
  }
  for (std::uint32_t head = 0; head < layer_.shape().heads && !tasks.failed(); ++head) {
    const Section section = layer_.layout.head_weights(head);
    while (live_weight_sets_ >= layer_.plan.attention.weight_sets) sc_core::wait(weights_freed_);
    auto weights = std::make_shared<HeadWeights>(*this);
    weights->buffer = weight_buffer(section.bytes);
    tasks.run([this, section, weights] {
      weights->loaded.arrive_after([&] {
        layer_.load(layer_.descriptor.parameters + section.offset, weights->buffer.address(), section.bytes);
      });
    });
    for (std::uint32_t sequence = 0; sequence < layer_.work.sequences.size() && !tasks.failed(); ++sequence) {
      std::shared_ptr<Job> job = admit(head, sequence, weights);
      job->turn = std::exchange(turn, std::make_shared<Latch>());
      job->next_turn = turn;
      tasks.run([this, job] { run_job(*job); });
    }
  }
  tasks.wait();
  weight_places_.clear();
}

/// A contiguous SRAM keeps its places of weights for the whole phase: others could come between them otherwise.
SramBuffer AttentionPhase::weight_buffer(std::uint64_t bytes) {
  if (!contiguous()) return layer_.ports.space.allocate(bytes);
  SramBuffer place = std::move(weight_places_.back());
  weight_places_.pop_back();
  return place;
}

std::shared_ptr<AttentionPhase::Job> AttentionPhase::admit(std::uint32_t head, std::uint32_t sequence,
                                                           const std::shared_ptr<HeadWeights>& weights) {
  while (free_slots_.empty()) sc_core::wait(slot_freed_);
  auto job = std::make_shared<Job>(*this);
  job->head = head;
  job->sequence = sequence;
  job->tokens = layer_.work.sequences[sequence];
  job->first_token = layer_.first_tokens[sequence];
  job->weights = weights;
  const HeadBuffers sizes = head_buffers(layer_.work, layer_.plan, job->tokens);
  std::vector<SramBuffer> own =
      layer_.ports.space.allocate_together({sizes.keys, sizes.values, sizes.mask, sizes.selection, sizes.z, sizes.x});
  job->keys = std::move(own[0]);
  job->values = std::move(own[1]);
  job->mask = std::move(own[2]);
  job->selection = std::move(own[3]);
  job->own_z = std::move(own[4]);
  job->own_x = std::move(own[5]);
  const std::uint64_t tokens = layer_.work.tokens(), head_width = layer_.shape().head_width;
  job->z = layer_.plan.z_resident ? layer_.z.address() + (head * tokens + job->first_token) * head_width
                                  : job->own_z.address();
  job->x = layer_.plan.attention.x == XPlacement::kBatch
               ? x_.address() + std::uint64_t{job->first_token} * layer_.shape().width
               : job->own_x.address();
  return job;
}

void AttentionPhase::run_job(Job& job) {
  try {
    prepare(job);
  } catch (const LayerError& error) {
    job.next_turn->fail(error);
    throw;
  }
  TaskGroup parts(layer_.ports.tasks);
  parts.run([&] {
    if (layer_.ports.sparse_attention_engine.try_send(attend_command(job)) != tlm::TLM_OK_RESPONSE) {
      throw LayerError{ErrorCode::kBusError, layer_.descriptor.scratch};
    }
  });
  if (layer_.work.spls.enabled) {
    job.next_turn->arrive();
    parts.run([&] { predict(job); });
  } else {
    send_dense_windows(job);
    job.next_turn->arrive();
  }
  parts.wait();
  const std::uint64_t tokens = layer_.work.tokens(), row = job.head * tokens + job.first_token;
  if (layer_.work.spls.enabled) {
    layer_.store(job.selection.address(), layer_.scratch.representatives + row, job.tokens);
  }
  if (!layer_.plan.z_resident) {
    const std::uint64_t head_width = layer_.shape().head_width;
    layer_.store(job.z, layer_.scratch.z + row * head_width, job.tokens * head_width);
  }
}

/// Returns when the job's x and weights are there and it is its turn.
void AttentionPhase::prepare(Job& job) {
  inputs_->wait_for(job.sequence);
  if (layer_.plan.attention.x == XPlacement::kSequence) {
    layer_.load(x_system(job), job.x, std::uint64_t{job.tokens} * layer_.shape().width);
  }
  job.weights->loaded.wait();
  job.turn->wait();
}

void AttentionPhase::predict(Job& job) {
  if (layer_.ports.spls_predictor.try_send(predict_command(job)) != tlm::TLM_OK_RESPONSE) {
    throw LayerError{ErrorCode::kBusError, layer_.descriptor.scratch};
  }
  PredictionResult result;
  layer_.ports.memory.read(job.result(), &result, sizeof result);
  layer_.critical_rows[job.head] += result.critical_rows;
  job.keys.shrink(std::uint64_t{result.needed_columns} * layer_.shape().head_width);
  job.values.shrink(std::uint64_t{result.needed_columns} * layer_.shape().head_width);
}

void AttentionPhase::send_dense_windows(const Job& job) {
  for (std::uint32_t first = 0; first < job.tokens; first += kDenseWindow) {
    const std::uint32_t rows = std::min(kDenseWindow, job.tokens - first);
    WindowRecord record;
    record.slot = job.slot;
    record.window = static_cast<std::uint16_t>(first / kDenseWindow);
    record.first_row = static_cast<std::uint16_t>(first);
    record.rows = static_cast<std::uint16_t>(rows);
    record.critical_rows = ~std::uint64_t{0} >> (64 - rows);
    layer_.ports.windows.send(record);
  }
}

/// DRAM address of x of the job's sequence.
std::uint64_t AttentionPhase::x_system(const Job& job) const {
  return layer_.scratch.x + std::uint64_t{job.first_token} * layer_.shape().width;
}

AttendCommand AttentionPhase::attend_command(const Job& job) const {
  const std::uint64_t head_width = layer_.shape().head_width, column = job.head * head_width;
  const AttentionConstants& constants = layer_.layout.attention();
  const std::uint64_t weights = job.weights->buffer.address();
  AttendCommand command;
  command.work = layer_.work_id(job.sequence, job.head);
  command.causal = layer_.shape().causal;
  command.slot = job.slot;
  command.windows = (job.tokens + layer_.work.window() - 1) / layer_.work.window();
  command.tokens = job.tokens;
  command.width = layer_.shape().width;
  command.head_width = layer_.shape().head_width;
  command.first_token = job.first_token;
  command.mask_stride = mask_stride(job.tokens);
  command.x = job.x;
  if (layer_.plan.attention.x == XPlacement::kStreamed) command.x_system = x_system(job);
  if (!layer_.plan.attention.keys_resident) {
    command.keys_system = layer_.scratch.keys;
    command.values_system = layer_.scratch.values;
  }
  command.wq = {weights, 0, layer_.shape().head_width, layer_.shape().head_width};
  command.wkv = {weights + layer_.layout.weight_stride(), layer_.layout.weight_stride(), 2 * layer_.shape().head_width,
                 layer_.shape().head_width};
  command.q_bias = constant(constants.q_bias + column * 4);
  command.kv_bias = constant(constants.kv_bias + 2 * column * 4);
  command.q_scale = {constant(constants.q_multiplier + column * 4), constant(constants.q_shift + column)};
  command.kv_scale = {constant(constants.kv_multiplier + 2 * column * 4), constant(constants.kv_shift + 2 * column)};
  command.softmax_scale = {constant(constants.softmax_multiplier + job.head * 4),
                           constant(constants.softmax_shift + job.head)};
  command.z_scale = {constant(constants.z_multiplier + column * 4), constant(constants.z_shift + column)};
  command.mask = job.mask.address();
  command.keys = job.keys.address();
  command.values = job.values.address();
  command.representative = job.selection.address();
  command.z = job.z;
  command.scratch = engine_scratch_.address();
  command.scratch_stride = static_cast<std::uint32_t>(engine_scratch(layer_.work, layer_.plan).bytes);
  command.workers = layer_.plan.attention.workers;
  return command;
}

PredictorCommand AttentionPhase::predict_command(const Job& job) const {
  const std::uint64_t column = std::uint64_t{job.head} * layer_.shape().head_width;
  const std::uint64_t weights = job.weights->buffer.address();
  PredictorCommand command;
  command.work = layer_.work_id(job.sequence, job.head);
  command.slot = job.slot;
  command.causal = layer_.shape().causal;
  command.spls = layer_.work.spls;
  command.heads = static_cast<std::uint16_t>(layer_.shape().heads);
  command.q_shift = predictor_shifts_[job.head];
  command.k_shift = predictor_shifts_[layer_.shape().heads + job.head];
  command.tokens = job.tokens;
  command.width = layer_.shape().width;
  command.head_width = layer_.shape().head_width;
  command.first_token = job.first_token;
  command.x = job.x;
  if (layer_.plan.attention.x == XPlacement::kStreamed) {
    command.x = predictor_rows_.address();
    command.x_system = x_system(job);
    command.x_rows = kStreamedRows;
  }
  command.wq = weights;
  command.wk = weights + layer_.layout.weight_stride();
  command.bq = constant(layer_.layout.attention().q_bias + column * 4);
  command.bk = constant(layer_.layout.attention().kv_bias + 2 * column * 4);
  command.mask = job.mask.address();
  command.mask_stride = mask_stride(job.tokens);
  command.representative = job.selection.address();
  command.result = job.result();
  return command;
}

/// FFN roots, from the representatives of all heads: those are in DRAM by now, and there go the roots.
void AttentionPhase::vote() {
  const std::uint64_t heads = layer_.shape().heads;
  const SramBuffer representatives = layer_.ports.space.allocate(heads * layer_.work.longest());
  const SramBuffer roots = layer_.ports.space.allocate(layer_.work.longest());
  for (std::uint32_t sequence = 0; sequence < layer_.work.sequences.size(); ++sequence) {
    const std::uint32_t tokens = layer_.work.sequences[sequence], first = layer_.first_tokens[sequence];
    layer_.load_representatives(first, tokens, layer_.work.window(), representatives.address());
    PredictorCommand command;
    command.work = layer_.work_id(sequence);
    command.kind = PredictorKind::kVote;
    command.spls = layer_.work.spls;
    command.heads = static_cast<std::uint16_t>(heads);
    command.tokens = tokens;
    command.first_token = first;
    command.representative = representatives.address();
    command.representative_stride = tokens;
    command.root = roots.address();
    layer_.ports.spls_predictor.send(command);
    layer_.store(roots.address(), layer_.scratch.roots + first, tokens);
  }
}

/// Without SPLS every token is its own root.
void AttentionPhase::publish_own_roots() const {
  for (std::size_t sequence = 0; sequence < layer_.work.sequences.size(); ++sequence) {
    TensorRows rows;
    rows.tensor = "ffn_root";
    rows.type = ElementType::kInt32;
    rows.layer = layer_.descriptor.layer;
    rows.columns = 1;
    std::vector<std::int32_t> roots(layer_.work.sequences[sequence]);
    std::iota(roots.begin(), roots.end(), 0);
    for (std::int32_t root : roots) rows.tokens.push_back(layer_.first_tokens[sequence] + root);
    rows.data = roots.data();
    layer_.ports.tensors.write(rows);
  }
}

}  // namespace esact
