#include "vector_unit/publish.h"

#include <algorithm>

namespace esact {
namespace {

/// Publishes rows of one command's tensors.
class Publisher {
 public:
  Publisher(TensorPort& tensors, const VectorCommand& command, const std::vector<std::uint32_t>& tokens)
      : tensors_(tensors) {
    rows_.layer = command.work.layer;
    rows_.head = command.kind == VectorKind::kContext ? command.work.head : -1;
    rows_.tokens = tokens;
    rows_.first_column = command.first_column;
    rows_.columns = command.width;
  }

  void publish(const char* tensor, const std::vector<std::int8_t>& values) {
    publish(tensor, ElementType::kInt8, values.data());
  }
  void publish(const char* tensor, const std::vector<std::int32_t>& values) {
    publish(tensor, ElementType::kInt32, values.data());
  }

 private:
  void publish(const char* tensor, ElementType type, const void* data) {
    rows_.tensor = tensor;
    rows_.type = type;
    rows_.data = data;
    tensors_.write(rows_);
  }

  TensorPort& tensors_;
  TensorRows rows_;
};

/// Increments of roots only: a root is the first row, of this and earlier commands, that takes its accumulators.
void publish_increments(TensorPort& tensors, const VectorCommand& command, const VectorOperands& operands,
                        const VectorResult& result, const std::vector<std::uint32_t>& tokens) {
  std::vector<bool> seen(command.acc_rows);
  std::vector<std::uint32_t> root_tokens;
  std::vector<std::int32_t> values;
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    auto taken = seen[operands.listed(row)];
    if (taken || operands.listed(row) < command.first_acc_row) continue;
    taken = true;
    root_tokens.push_back(tokens[row]);
    const auto first = result.observed.begin() + static_cast<std::ptrdiff_t>(std::size_t{row} * command.width);
    values.insert(values.end(), first, first + command.width);
  }
  Publisher(tensors, command, root_tokens).publish("increment", values);
}

}  // namespace

void publish(TensorPort& tensors, const VectorCommand& command, const VectorOperands& operands,
             const VectorResult& result, const std::vector<std::uint32_t>& tokens) {
  const bool wants_x = command.out.address != kNoAddress;
  Publisher publisher(tensors, command, tokens);
  switch (command.kind) {
    case VectorKind::kQuantise:
      return publisher.publish("x", result.out);
    case VectorKind::kLayerNorm:
      return wants_x ? publisher.publish("x", result.out) : publisher.publish("h_out", result.h_out);
    case VectorKind::kContext:
      publisher.publish("context", result.observed);
      return publisher.publish("z", result.out);
    case VectorKind::kActivate:
      publisher.publish("hidden", result.hidden);
      return publisher.publish("y", result.out);
    case VectorKind::kResidual:
      if (wants_x) {
        publisher.publish("output", result.observed);
        publisher.publish("h_mid", result.h_out);
        return publisher.publish("x1", result.out);
      }
      publish_increments(tensors, command, operands, result, tokens);
      return publisher.publish("h_out", result.h_out);
    case VectorKind::kRequantise:
    case VectorKind::kSoftmax:
    case VectorKind::kScatterAdd:
      return;
  }
}

}  // namespace esact
