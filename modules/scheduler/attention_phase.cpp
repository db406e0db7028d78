#include <algorithm>
#include <numeric>
#include <utility>

#include "scheduler/layer_run.h"
#include "sparse_attention_engine/scratch.h"

namespace esact {

/// A head's weights, shared by its jobs and given back with the last of them.
struct LayerRun::HeadWeights {
  explicit HeadWeights(LayerRun& run) : run(run) { ++run.live_weight_sets_; }
  HeadWeights(const HeadWeights&) = delete;
  HeadWeights& operator=(const HeadWeights&) = delete;
  ~HeadWeights() {
    if (run.config_.sram.allocation == SramAllocation::kContiguous) run.weight_places_.push_back(std::move(buffer));
    --run.live_weight_sets_;
    run.weights_freed_.notify();
  }

  LayerRun& run;
  SramBuffer buffer;
  Latch loaded;
};

/// One head of one sequence with its buffers and its slot in the engine, all given back when it goes.
struct LayerRun::Job {
  explicit Job(LayerRun& run) : run(run), slot(run.free_slots_.front()) { run.free_slots_.pop_front(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() {
    run.free_slots_.push_back(slot);
    run.slot_freed_.notify();
  }

  LayerRun& run;
  const std::uint16_t slot;
  std::uint32_t head = 0;
  std::uint32_t sequence = 0;
  std::uint32_t tokens = 0;
  std::uint32_t first_token = 0;
  std::shared_ptr<HeadWeights> weights;
  std::shared_ptr<Latch> turn;  ///< opens when the former job's prediction has been dispatched
  std::shared_ptr<Latch> next_turn;
  SramBuffer keys, values, mask;
  SramBuffer own_z, own_x;  ///< where z, x are not resident
  std::uint64_t z = kNoAddress, x = kNoAddress;
};

void LayerRun::attend_heads() {
  TaskGroup tasks;
  free_slots_.resize(config_.scheduler.heads_in_flight);
  std::iota(free_slots_.begin(), free_slots_.end(), std::uint16_t{0});
  auto turn = std::make_shared<Latch>();
  turn->arrive();

  if (config_.sram.allocation == SramAllocation::kContiguous) {
    const std::vector<std::uint64_t> sizes(plan_.weight_sets, layout_.head_weights(0).bytes);
    weight_places_ = ports_.space.allocate_together(sizes, Placement::kHigh);
  }
  for (std::uint32_t head = 0; head < work_.shape.heads && !tasks.failed(); ++head) {
    const Section section = layout_.head_weights(head);
    while (live_weight_sets_ >= plan_.weight_sets) sc_core::wait(weights_freed_);
    auto weights = std::make_shared<HeadWeights>(*this);
    weights->buffer = weight_buffer(section.bytes);
    tasks.run([this, section, weights] {
      try {
        load(descriptor_.parameters + section.offset, weights->buffer.address(), section.bytes);
      } catch (const LayerError& error) {
        weights->loaded.fail(error);
        throw;
      }
      weights->loaded.arrive();
    });
    for (std::uint32_t sequence = 0; sequence < work_.sequences.size() && !tasks.failed(); ++sequence) {
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
SramBuffer LayerRun::weight_buffer(std::uint64_t bytes) {
  if (config_.sram.allocation == SramAllocation::kPaged) return ports_.space.allocate(bytes);
  SramBuffer place = std::move(weight_places_.back());
  weight_places_.pop_back();
  return place;
}

std::shared_ptr<LayerRun::Job> LayerRun::admit(std::uint32_t head, std::uint32_t sequence,
                                               const std::shared_ptr<HeadWeights>& weights) {
  while (free_slots_.empty()) sc_core::wait(slot_freed_);
  auto job = std::make_shared<Job>(*this);
  job->head = head;
  job->sequence = sequence;
  job->tokens = work_.sequences[sequence];
  job->first_token = first_tokens_[sequence];
  job->weights = weights;
  const HeadBuffers buffers = head_buffers(work_, plan_, job->tokens);
  std::vector<SramBuffer> own =
      ports_.space.allocate_together({buffers.keys, buffers.values, buffers.mask, buffers.z, buffers.x});
  job->keys = std::move(own[0]);
  job->values = std::move(own[1]);
  job->mask = std::move(own[2]);
  job->own_z = std::move(own[3]);
  job->own_x = std::move(own[4]);
  const std::uint64_t tokens = work_.tokens(), head_width = work_.shape.head_width;
  job->z = plan_.z_resident ? z_.address() + (head * tokens + job->first_token) * head_width : job->own_z.address();
  job->x = plan_.x_resident ? x_.address() + std::uint64_t{job->first_token} * work_.shape.width : job->own_x.address();
  return job;
}

void LayerRun::run_job(Job& job) {
  const std::uint64_t width = work_.shape.width, head_width = work_.shape.head_width, tokens = job.tokens;
  try {
    if (!plan_.x_resident) load(descriptor_.scratch + job.first_token * width, job.x, tokens * width);
    job.weights->loaded.wait();
    job.turn->wait();
  } catch (const LayerError& error) {
    job.next_turn->fail(error);
    throw;
  }
  TaskGroup parts;
  parts.run([&] { ports_.sparse_attention_engine.send(attend_command(job)); });
  if (work_.spls.enabled) {
    job.next_turn->arrive();
    predict(job);
  } else {
    send_dense_windows(job);
    job.next_turn->arrive();
  }
  parts.wait();
  if (!plan_.z_resident) {
    const std::uint64_t z_scratch = descriptor_.scratch + align64(std::uint64_t{work_.tokens()} * width);
    store(job.z, z_scratch + (std::uint64_t{job.head} * work_.tokens() + job.first_token) * head_width,
          tokens * head_width);
  }
}

void LayerRun::predict(Job& job) {
  ports_.spls_predictor.send(predict_command(job));
  PredictionResult result;
  ports_.memory.read(predict_command(job).result, &result, sizeof result);
  critical_rows_[job.head] += result.critical_rows;
  job.keys.shrink(std::uint64_t{result.needed_columns} * work_.shape.head_width);
  job.values.shrink(std::uint64_t{result.needed_columns} * work_.shape.head_width);
}

void LayerRun::send_dense_windows(const Job& job) {
  for (std::uint32_t first = 0; first < job.tokens; first += kDenseWindow) {
    const std::uint32_t rows = std::min(kDenseWindow, job.tokens - first);
    WindowRecord record;
    record.slot = job.slot;
    record.window = static_cast<std::uint16_t>(first / kDenseWindow);
    record.first_row = static_cast<std::uint16_t>(first);
    record.rows = static_cast<std::uint16_t>(rows);
    record.critical_rows = ~std::uint64_t{0} >> (64 - rows);
    ports_.windows.send(record);
  }
}

AttendCommand LayerRun::attend_command(const Job& job) const {
  const std::uint64_t head_width = work_.shape.head_width, column = job.head * head_width;
  const AttentionConstants& constants = layout_.attention();
  const std::uint64_t weights = job.weights->buffer.address();
  AttendCommand command;
  command.work = work_id(job.sequence, job.head);
  command.causal = work_.shape.causal;
  command.slot = job.slot;
  command.windows = (job.tokens + work_.window() - 1) / work_.window();
  command.tokens = job.tokens;
  command.width = work_.shape.width;
  command.head_width = work_.shape.head_width;
  command.first_token = job.first_token;
  command.mask_stride = mask_stride(job.tokens);
  command.x = job.x;
  command.wq = {weights, 0, work_.shape.head_width, work_.shape.head_width};
  command.wkv = {weights + layout_.weight_stride(), layout_.weight_stride(), 2 * work_.shape.head_width,
                 work_.shape.head_width};
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
  if (work_.spls.enabled) {
    command.representative = representatives_.address() + std::uint64_t{job.head} * work_.tokens() + job.first_token;
  }
  command.z = job.z;
  command.scratch = engine_scratch_.address();
  command.scratch_stride = static_cast<std::uint32_t>(EngineScratch(work_.longest(), work_.shape.head_width).bytes);
  command.workers = plan_.engine_workers;
  return command;
}

PredictorCommand LayerRun::predict_command(const Job& job) const {
  const std::uint64_t column = std::uint64_t{job.head} * work_.shape.head_width;
  const std::uint64_t weights = job.weights->buffer.address();
  PredictorCommand command;
  command.work = work_id(job.sequence, job.head);
  command.slot = job.slot;
  command.causal = work_.shape.causal;
  command.spls = work_.spls;
  command.heads = static_cast<std::uint16_t>(work_.shape.heads);
  command.q_shift = predictor_shifts_[job.head];
  command.k_shift = predictor_shifts_[work_.shape.heads + job.head];
  command.tokens = job.tokens;
  command.width = work_.shape.width;
  command.head_width = work_.shape.head_width;
  command.first_token = job.first_token;
  command.x = job.x;
  command.wq = weights;
  command.wk = weights + layout_.weight_stride();
  command.bq = constant(layout_.attention().q_bias + column * 4);
  command.bk = constant(layout_.attention().kv_bias + 2 * column * 4);
  command.mask = job.mask.address();
  command.mask_stride = mask_stride(job.tokens);
  command.representative = representatives_.address() + std::uint64_t{job.head} * work_.tokens() + job.first_token;
  command.result = results_.address() + (job.head * work_.sequences.size() + job.sequence) * sizeof(PredictionResult);
  return command;
}

void LayerRun::vote() {
  for (std::uint32_t sequence = 0; sequence < work_.sequences.size(); ++sequence) {
    PredictorCommand command;
    command.work = work_id(sequence);
    command.kind = PredictorKind::kVote;
    command.spls = work_.spls;
    command.heads = static_cast<std::uint16_t>(work_.shape.heads);
    command.tokens = work_.sequences[sequence];
    command.first_token = first_tokens_[sequence];
    command.representative = representatives_.address() + first_tokens_[sequence];
    command.representative_stride = work_.tokens();
    command.root = roots_.address() + first_tokens_[sequence];
    ports_.spls_predictor.send(command);
  }
}

}  // namespace esact
