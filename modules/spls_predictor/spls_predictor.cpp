#include "spls_predictor/spls_predictor.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "hlog_quantizer/hlog_quantizer.h"
#include "spls_predictor/timing.h"

namespace esact {

using namespace predictor_timing;

SplsPredictor::SplsPredictor(sc_core::sc_module_name name, const PredictorConfig& config, const TlmConfig& tlm,
                             const Clock& clock)
    : sc_module(name),
      command("command", config.queue_depth),
      operands("operands", tlm, clock, config.port_bytes),
      memory("memory", tlm, clock, config.port_bytes),
      dma("dma", tlm, clock),
      windows("windows", tlm, clock),
      tensors("tensors"),
      config_(config),
      clock_(clock),
      ledger_(clock, kUnits) {
  SC_HAS_PROCESS(SplsPredictor);
  SC_THREAD(predict);
  SC_THREAD(select);
}

void SplsPredictor::predict() {
  for (;;) {
    ledger_.enter(kPredictUnit, UnitState::kIdle);
    Job* const job = command.take();
    clock_.wait(0);
    if (jobs_++ == 0) ledger_.enter(kSelectUnit, UnitState::kInput);
    const PredictorCommand request = job->record;
    if (request.kind == PredictorKind::kVote) {
      hand_over({job, 0, {}, false});
      continue;
    }
    Head head = predict_keys(request);
    for (std::uint32_t row = 0; row < request.tokens; row += request.spls.window) {
      std::vector<std::int32_t> pam = predict_window(request, head, row);
      hand_over({job, row, std::move(pam), head.failed});
    }
  }
}

SplsPredictor::Head SplsPredictor::predict_keys(const PredictorCommand& request) {
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  ledger_.enter(kPredictUnit, UnitState::kBusy);
  const std::size_t weights = std::size_t{request.width} * request.head_width;
  Head head;
  head.query_bias = read_bias(request, request.bq);
  head.query_weights = read_levels(request, request.wq, weights);
  const std::vector<std::int32_t> key_bias = read_bias(request, request.bk);
  const prediction::Levels key_weights = read_levels(request, request.wk, weights);
  const prediction::Levels x = read_x(request, head, 0, request.tokens);
  const std::vector<std::int8_t> keys = prediction::project(request, x, key_weights, key_bias, request.k_shift);
  head.keys = prediction::level(request, keys);
  finish_step(kPredictUnit, start, key_cycles(config_, request), waits_for(request));

  counts_.predictor_products += key_products(request);
  count_conversions(request, keys.size());
  publish(request, "k_hat", ElementType::kInt8, 0, request.tokens, request.head_width, keys.data());
  return head;
}

std::vector<std::int32_t> SplsPredictor::predict_window(const PredictorCommand& request, Head& head,
                                                        std::uint32_t first_row) {
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  ledger_.enter(kPredictUnit, UnitState::kBusy);
  const std::uint32_t rows = window_rows(request, first_row);
  std::uint64_t valid = 0;
  for (std::uint32_t row = first_row; row < first_row + rows; ++row) valid += valid_columns(request, row);
  const prediction::Levels x = read_x(request, head, first_row, rows);
  const std::vector<std::int8_t> queries =
      prediction::project(request, x, head.query_weights, head.query_bias, request.q_shift);
  std::vector<std::int32_t> pam =
      prediction::attention_rows(request, first_row, prediction::level(request, queries), head.keys);
  finish_step(kPredictUnit, start, window_cycles(config_, request, rows, valid), waits_for(request));

  counts_.predictor_products += query_products(request, rows) + pam_products(request, valid);
  count_conversions(request, queries.size());
  publish(request, "q_hat", ElementType::kInt8, first_row, rows, request.head_width, queries.data());
  publish(request, "pam", ElementType::kInt32, first_row, rows, request.tokens, pam.data());
  return pam;
}

void SplsPredictor::hand_over(Window window) {
  if (buffer_) ledger_.enter(kPredictUnit, UnitState::kQueueFull);
  while (buffer_) sc_core::wait(buffer_freed_);
  buffer_ = std::move(window);
  buffer_filled_.notify(sc_core::SC_ZERO_TIME);
}

void SplsPredictor::select() {
  for (;;) {
    ledger_.enter(kSelectUnit, jobs_ == 0 ? UnitState::kIdle : UnitState::kInput);
    while (!buffer_) sc_core::wait(buffer_filled_);
    if (buffer_->job->record.kind == PredictorKind::kVote) {
      vote(buffer_->job);
    } else {
      select_window(*buffer_);
    }
    buffer_.reset();
    buffer_freed_.notify(sc_core::SC_ZERO_TIME);
  }
}

void SplsPredictor::select_window(const Window& window) {
  const PredictorCommand& request = window.job->record;
  const std::uint32_t first_row = window.first_row;
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  ledger_.enter(kSelectUnit, UnitState::kBusy);
  const prediction::Selection selection = prediction::select(request, first_row, window.pam);
  finish_step(kSelectUnit, start, select_cycles(config_, selection.topk_compares, selection.similarity_adds));
  counts_.topk_compares += selection.topk_compares;
  counts_.similarity_adds += selection.similarity_adds;

  ledger_.enter(kSelectUnit, UnitState::kSram);
  const std::vector<std::uint8_t> mask = prediction::pack_mask(request, selection.mask);
  memory.write(request.mask + std::uint64_t{first_row} * request.mask_stride, mask.data(), mask.size());
  const std::vector<std::uint8_t> distances = prediction::distances(selection.representative);
  memory.write(request.representative + first_row, distances.data(), distances.size());
  clock_.wait(0);
  publish_selection(request, first_row, selection);

  note_window(request, first_row, selection);
  const bool last = first_row + window_rows(request, first_row) == request.tokens;
  if (config_.progressive || last) send_records();
  if (last) finish_head(window);
}

void SplsPredictor::note_window(const PredictorCommand& request, std::uint32_t first_row,
                                const prediction::Selection& selection) {
  if (first_row == 0) selected_ = {{}, std::vector<std::uint8_t>(request.tokens), 0};
  WindowRecord record;
  record.slot = request.slot;
  record.window = static_cast<std::uint16_t>(first_row / request.spls.window);
  record.first_row = static_cast<std::uint16_t>(first_row);
  record.rows = static_cast<std::uint16_t>(selection.representative.size());
  record.critical_rows = prediction::critical_rows(selection.representative);
  selected_.records.push_back(record);

  for (std::size_t row = 0; row < record.rows; ++row) {
    if (selection.representative[row] != row) continue;
    ++selected_.critical_rows;
    const std::uint8_t* kept = &selection.mask[row * request.tokens];
    for (std::size_t column = 0; column < request.tokens; ++column) selected_.needed_columns[column] |= kept[column];
  }
}

void SplsPredictor::send_records() {
  ledger_.enter(kSelectUnit, UnitState::kQueueFull);
  for (const WindowRecord& record : selected_.records) windows.send(record);
  selected_.records.clear();
  clock_.wait(0);
}

void SplsPredictor::finish_head(const Window& window) {
  const PredictorCommand& request = window.job->record;
  const std::vector<std::uint8_t>& needed = selected_.needed_columns;
  const PredictionResult result{selected_.critical_rows,
                                static_cast<std::uint32_t>(std::count(needed.begin(), needed.end(), 1))};
  ledger_.enter(kSelectUnit, UnitState::kSram);
  memory.write(request.result, &result, sizeof result);
  clock_.wait(0);
  publish(request, "needed_columns", ElementType::kUint8, 0, request.tokens, 1, needed.data());
  complete(window.job, window.failed ? tlm::TLM_GENERIC_ERROR_RESPONSE : tlm::TLM_OK_RESPONSE);
}

void SplsPredictor::vote(Job* job) {
  const PredictorCommand& request = job->record;
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  ledger_.enter(kSelectUnit, UnitState::kBusy);
  std::vector<std::uint8_t> representative(std::size_t{request.heads} * request.tokens);
  for (std::size_t head = 0; head < request.heads; ++head) {
    memory.read(request.representative + head * request.representative_stride, &representative[head * request.tokens],
                request.tokens);
  }
  const std::vector<std::uint8_t> root = prediction::vote(request, representative);
  finish_step(kSelectUnit, start, vote_cycles(config_, request));

  ledger_.enter(kSelectUnit, UnitState::kSram);
  memory.write(request.root, root.data(), root.size());
  clock_.wait(0);
  publish_roots(request, root);
  complete(job);
}

void SplsPredictor::complete(Job* job, tlm::tlm_response_status status) {
  --jobs_;
  command.complete(job, status);
}

/// Rows of x. Where x is streamed they pass through the command's buffer; after an error prediction goes on with what
/// that holds.
prediction::Levels SplsPredictor::read_x(const PredictorCommand& request, Head& head, std::uint32_t first_row,
                                         std::uint32_t rows) {
  const std::uint64_t width = request.width;
  if (request.x_system == kNoAddress) return read_levels(request, request.x + first_row * width, rows * width);
  std::vector<std::uint8_t> codes(rows * width);
  for (std::uint32_t row = 0; row < rows; row += request.x_rows) {
    const std::uint64_t bytes = std::min(request.x_rows, rows - row) * width;
    const DmaCommand load{DmaDirection::kToSram, 0, request.x_system + (first_row + row) * width, request.x, bytes};
    if (dma.try_send(load) != tlm::TLM_OK_RESPONSE) head.failed = true;
    counts_.streamed_bytes += bytes;
    operands.read(operand_address(request.spls.quantizer, request.x), codes.data() + row * width, bytes);
  }
  return prediction::decode(request, codes);
}

prediction::Levels SplsPredictor::read_levels(const PredictorCommand& request, std::uint64_t address,
                                              std::size_t count) {
  std::vector<std::uint8_t> codes(count);
  operands.read(operand_address(request.spls.quantizer, address), codes.data(), count);
  return prediction::decode(request, codes);
}

std::vector<std::int32_t> SplsPredictor::read_bias(const PredictorCommand& request, std::uint64_t address) {
  std::vector<std::int32_t> bias(request.head_width);
  memory.read(address, bias.data(), bias.size() * sizeof(std::int32_t));
  return bias;
}

/// What keeps `predict` waiting for x.
UnitState SplsPredictor::waits_for(const PredictorCommand& request) {
  return request.x_system == kNoAddress ? UnitState::kSram : UnitState::kDram;
}

/// Ends a step that computes for `cycles` from `start` while its reads, over by now, ran beside: at the later of both;
/// what the reads add is time in `waiting`.
void SplsPredictor::finish_step(Unit unit, const sc_core::sc_time& start, std::uint64_t cycles, UnitState waiting) {
  const sc_core::sc_time computed = start + clock_.cycles(cycles);
  if (sc_core::sc_time_stamp() > computed) ledger_.enter(unit, waiting, computed);
  Clock::wait_until(computed);
  clock_.wait(0);
}

void SplsPredictor::count_conversions(const PredictorCommand& request, std::size_t count) {
  if (request.spls.quantizer != kernels::Quantizer::kExact) counts_.hlog_conversions += count;
}

void SplsPredictor::publish(const PredictorCommand& request, const char* tensor, ElementType type,
                            std::uint32_t first_row, std::uint32_t rows, std::uint32_t columns, const void* data) {
  if (!tensors.bound()) return;
  TensorRows published;
  published.tensor = tensor;
  published.type = type;
  published.layer = request.work.layer;
  published.head = request.kind == PredictorKind::kVote ? -1 : request.work.head;
  published.tokens.resize(rows);
  std::iota(published.tokens.begin(), published.tokens.end(), request.first_token + first_row);
  published.columns = columns;
  published.data = data;
  tensors.write(published);
}

void SplsPredictor::publish_selection(const PredictorCommand& request, std::uint32_t first_row,
                                      const prediction::Selection& selection) {
  const auto rows = static_cast<std::uint32_t>(selection.representative.size());
  std::vector<std::int32_t> representative(selection.representative.begin(), selection.representative.end());
  for (std::int32_t& row : representative) row += static_cast<std::int32_t>(first_row);
  publish(request, "mask", ElementType::kUint8, first_row, rows, request.tokens, selection.mask.data());
  publish(request, "representative", ElementType::kInt32, first_row, rows, 1, representative.data());
}

void SplsPredictor::publish_roots(const PredictorCommand& request, const std::vector<std::uint8_t>& root) {
  std::vector<std::int32_t> tokens(root.size());
  for (std::size_t row = 0; row < root.size(); ++row) tokens[row] = static_cast<std::int32_t>(row - root[row]);
  publish(request, "ffn_root", ElementType::kInt32, 0, request.tokens, 1, tokens.data());
}

}  // namespace esact
