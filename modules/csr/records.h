#pragma once

#include <cstdint>
#include <type_traits>

/// The records between csr and scheduler; little-endian and of fixed layout, as those of common/commands.h.
namespace esact {

enum class DoorbellKind : std::uint32_t {
  kDoorbell,  ///< descriptors up to `tail` are announced
  kReset      ///< drop everything and leave ERROR; completed when no status record of the time before can follow
};

/// csr to scheduler. The ring as the registers hold it when the record leaves; later doorbells supersede earlier ones.
struct DoorbellRecord {
  DoorbellKind kind = DoorbellKind::kDoorbell;
  std::uint32_t entries = 1;
  std::uint64_t ring_base = 0;  ///< system address
  std::uint32_t head = 0;       ///< index of the next descriptor to complete
  std::uint32_t tail = 0;       ///< index after the last announced descriptor
};

/// scheduler to csr, on every completion and change of state.
struct StatusRecord {
  std::uint32_t head = 0;           ///< register RING_HEAD
  std::uint32_t status = 0;         ///< bits of register STATUS: interrupt and error set theirs, busy replaces it
  std::uint32_t error_code = 0;     ///< ErrorCode; this and the next two are taken with the error bit
  std::uint32_t error_index = 0;    ///< index of the descriptor at fault
  std::uint64_t error_address = 0;  ///< system address at fault
};

static_assert(std::is_trivially_copyable_v<DoorbellRecord> && sizeof(DoorbellRecord) == 24);
static_assert(std::is_trivially_copyable_v<StatusRecord> && sizeof(StatusRecord) == 24);

}  // namespace esact
