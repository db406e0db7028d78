#pragma once

#include <cstdint>
#include <optional>
#include <tlm>

#include "common/ledger.h"

namespace esact {

/// What a DRAM did since time 0. The optional counts are those of models that know rows.
struct DramStatistics {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::optional<std::uint64_t> row_hits;
  std::optional<std::uint64_t> row_misses;
  std::optional<std::uint64_t> row_conflicts;
  std::optional<std::uint64_t> refreshes;
  double busy_seconds = 0;  ///< time during which data was transferred, summed over the channels
};

/// What a platform needs of a DRAM, whichever model it is.
class DramModel {
 public:
  virtual ~DramModel() = default;

  /// Where the system binds: byte addresses 0 to capacity - 1.
  virtual tlm::tlm_base_target_socket_b<32>& socket() = 0;

  /// Up to now.
  virtual DramStatistics statistics() const = 0;

  /// A unit per channel, busy while it transfers, in cycles of the DRAM's own clock. Up to date when called.
  virtual const Ledger& ledger() const = 0;
};

}  // namespace esact
