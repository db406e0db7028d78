#include "mac_array/multiply.h"

#include <algorithm>

#include "kernels/gemm.h"

namespace esact {
namespace {

using kernels::MatrixView;

/// A full product costs the host about an eighth of a plain loop per term.
constexpr std::uint64_t kDenseAdvantage = 8;

bool is_dense(const MatrixCommand& command, const MatrixOperands& operands) {
  return kDenseAdvantage * operands.entries() >= std::uint64_t{command.rows} * command.keys;
}

/// Calls `visit(row, first, keys, count)` for every row: its entries are `first` up to `first + count`.
template <class Visit>
void for_each_row(const MatrixCommand& command, const MatrixOperands& operands, Visit visit) {
  const auto& [row_pointers, columns] = operands.lists;
  for (std::uint32_t row = 0; row < command.rows; ++row) {
    const std::uint32_t first = row_pointers[row];
    visit(row, first, columns.data() + first, row_pointers[row + 1] - first);
  }
}

/// Calls `visit(row, entry, key)` for every entry of the lists.
template <class Visit>
void for_each_entry(const MatrixCommand& command, const MatrixOperands& operands, Visit visit) {
  for_each_row(command, operands, [&](auto row, auto first, const std::uint16_t* keys, auto count) {
    for (std::uint32_t i = 0; i < count; ++i) visit(row, first + i, keys[i]);
  });
}

/// `row[keys[i]] = entries[i]`; __restrict, for stores of bytes could otherwise change the keys.
void scatter(const std::uint8_t* entries, const std::uint16_t* keys, std::uint32_t count,
             std::uint8_t* __restrict row) {
  for (std::uint32_t i = 0; i < count; ++i) row[keys[i]] = entries[i];
}

/// `entries[i] += row[keys[i]]`.
void gather_add(const std::int32_t* row, const std::uint16_t* keys, std::uint32_t count,
                std::int32_t* __restrict entries) {
  for (std::uint32_t i = 0; i < count; ++i) entries[i] += row[keys[i]];
}

const std::int8_t* signed_a(const MatrixOperands& operands) {
  return reinterpret_cast<const std::int8_t*>(operands.a.data());
}

}  // namespace

std::size_t result_size(const MatrixCommand& command, const MatrixOperands& operands) {
  return command.kind == MatrixKind::kScore ? operands.entries() : std::size_t{command.rows} * command.columns;
}

void count_macs(const MatrixCommand& command, const MatrixOperands& operands, EventCounts& counts) {
  const auto add = [&](Operation operation, std::uint64_t macs) {
    counts.macs[static_cast<std::size_t>(operation)] += macs;
  };
  const std::uint64_t projected = std::uint64_t{command.rows} * command.depth * command.columns;
  switch (command.kind) {
    case MatrixKind::kQuery:
      return add(Operation::kQuery, projected);
    case MatrixKind::kKeyValue:
      add(Operation::kKey, projected / 2);
      return add(Operation::kValue, projected / 2);
    case MatrixKind::kScore:
      return add(Operation::kScore, std::uint64_t{operands.entries()} * command.depth);
    case MatrixKind::kContext:
      return add(Operation::kContext, std::uint64_t{operands.entries()} * command.columns);
    case MatrixKind::kOutput:
      return add(Operation::kOutput, projected);
    case MatrixKind::kFfn1:
    case MatrixKind::kFfn2:
      return add(Operation::kFfn, projected);
  }
}

void Multiplier::multiply(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c) {
  if (command.accumulate == 0) std::fill_n(c, result_size(command, operands), 0);
  switch (command.kind) {
    case MatrixKind::kScore:
      return score(command, operands, c);
    case MatrixKind::kContext:
      return context(command, operands, c);
    default:
      return project(command, operands, c);
  }
}

void Multiplier::project(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c) {
  const MatrixView<const std::int8_t> a(signed_a(operands), command.rows, command.depth);
  const MatrixView<std::int32_t> all(c, command.rows, command.columns);
  for (std::uint32_t first = 0; first < command.columns; first += command.b.panel_columns) {
    const std::uint32_t width = std::min(command.b.panel_columns, command.columns - first);
    const std::int8_t* panel = operands.b.data() + std::size_t{first} * command.depth;
    kernels::gemm(a, MatrixView<const std::int8_t>(panel, command.depth, width),
                  all.block(0, first, command.rows, width), true);
  }
}

void Multiplier::score(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c) {
  const MatrixView<const std::int8_t> a(signed_a(operands), command.rows, command.depth);
  const MatrixView<const std::int8_t> b(operands.b.data(), command.keys, command.depth);
  if (is_dense(command, operands)) {
    products_.resize(std::size_t{command.rows} * command.keys);
    const MatrixView<std::int32_t> products(products_.data(), command.rows, command.keys);
    kernels::gemm_transposed(a, b, products);
    for_each_row(command, operands, [&](auto row, auto first, const std::uint16_t* keys, auto count) {
      gather_add(products.row(row), keys, count, c + first);
    });
    return;
  }
  for_each_entry(command, operands, [&](auto row, auto entry, auto key) {
    for (std::uint32_t i = 0; i < command.depth; ++i) c[entry] += a(row, i) * b(key, i);
  });
}

void Multiplier::context(const MatrixCommand& command, const MatrixOperands& operands, std::int32_t* c) {
  const MatrixView<const std::int8_t> b(operands.b.data(), command.keys, command.columns);
  const MatrixView<std::int32_t> result(c, command.rows, command.columns);
  if (is_dense(command, operands)) {
    weights_.assign(std::size_t{command.rows} * command.keys, 0);
    const MatrixView<std::uint8_t> weights(weights_.data(), command.rows, command.keys);
    for_each_row(command, operands, [&](auto row, auto first, const std::uint16_t* keys, auto count) {
      scatter(operands.a.data() + first, keys, count, weights.row(row));
    });
    kernels::gemm(MatrixView<const std::uint8_t>(weights), b, result, true);
    return;
  }
  for_each_entry(command, operands, [&](auto row, auto entry, auto key) {
    for (std::uint32_t i = 0; i < command.columns; ++i) result(row, i) += operands.a[entry] * b(key, i);
  });
}

}  // namespace esact
