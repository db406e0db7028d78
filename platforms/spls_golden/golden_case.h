#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "esact_interface/descriptor.h"
#include "esact_interface/event_counts.h"
#include "scheduler/plan.h"

namespace esact::platform {

/// What a golden file of specification section 7 expects; matrices are row-major.
struct GoldenExpectation {
  std::vector<std::int32_t> pam;             ///< [H, L, L]
  std::vector<std::uint8_t> mask;            ///< [H, L, L]
  std::vector<std::int32_t> representative;  ///< [H, L]
  std::vector<std::uint8_t> needed_columns;  ///< [H, L]
  std::vector<std::int32_t> ffn_root;        ///< [L]
  std::array<std::uint64_t, kOperations> macs{};
  std::array<std::uint64_t, kOperations> dense_macs{};
  std::uint64_t predictor_products = 0;
};

/// One golden file: a layer over one sequence whose value, output and FFN weights are zero.
struct GoldenCase {
  std::string name;
  LayerWork work;
  std::vector<std::int32_t> h;           ///< [L, D]: x itself
  std::vector<std::uint8_t> parameters;  ///< parameter block
  GoldenExpectation expected;
};

/// Reads a golden file; UserError naming the file, the tensor or metadata key and what was expected.
GoldenCase read_golden_case(const std::filesystem::path& path);

}  // namespace esact::platform
