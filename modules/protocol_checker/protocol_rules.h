#pragma once

#include <cstddef>
#include <cstdint>

namespace esact {

/// What a ProtocolChecker looks at.
enum class ProtocolRule : std::uint8_t {
  kResponseIncomplete,
  kDirectMemoryHint,
  kOption,
  kDataPointer,
  kDataLength,
  kStreamingWidth,
  kByteEnableLength,
  kAttributesConstant,
  kMemoryManager,
  kReferenceCount,
  kObjectInUse,
  kOneInterface,
  kResponseSet,
  kResponseFinal,
  kPhasePath,
  kPhaseOrder,
  kRequestExclusion,
  kResponseExclusion,
  kCompleted,
  kAccepted,
  kExtendedPhase,
  kTimeOrder,
  kNonBlockingWait,
  kBlockingProcess,
  kDirectMemoryDescriptor,
  kDirectMemoryRegion,
  kDirectMemoryAccess,
  kDirectMemoryWait,
  kInvalidatedRange,
  kDebugCount,
  kDebugWait
};
constexpr std::size_t kProtocolRules = 31;

/// A rule in words.
struct ProtocolRuleText {
  const char* name;
  const char* text;
  const char* clause;  ///< of IEEE 1666-2011
};

const ProtocolRuleText& text_of(ProtocolRule rule);

}  // namespace esact
