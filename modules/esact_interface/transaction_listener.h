#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tlm>

namespace esact {

/// What happened on a link.
enum class TransactionPhase : std::uint8_t {
  kBlockingBegin,            ///< b_transport is called
  kBlockingEnd,              ///< b_transport returns
  kBeginRequest,             ///< BEGIN_REQ
  kEndRequest,               ///< END_REQ
  kBeginResponse,            ///< BEGIN_RESP
  kEndResponse,              ///< END_RESP, or the TLM_COMPLETED that stands for it
  kDebug,                    ///< transport_dbg has returned
  kDirectMemoryGranted,      ///< get_direct_mem_ptr has returned true
  kDirectMemoryDenied,       ///< get_direct_mem_ptr has returned false
  kDirectMemoryInvalidated,  ///< invalidate_direct_mem_ptr is called
};

/// One event on a link. The pointers are valid during the call only.
struct TransactionEvent {
  std::uint32_t socket = 0;       ///< as the listener numbered it
  std::uint64_t transaction = 0;  ///< counts the socket's transactions from 0; a debug or direct memory call is one too
  TransactionPhase phase = TransactionPhase::kBlockingBegin;
  std::uint64_t time_ps = 0;  ///< now plus the annotated delay: when the event takes effect (IEEE 1666 clause 11.1.3)
  tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
  std::uint64_t address = 0;          ///< as the initiator sent it; direct memory: the first address
  std::uint64_t length = 0;           ///< bytes; direct memory: addresses, 2^64 - 1 for all
  std::uint32_t streaming_width = 0;  ///< debug: the bytes moved
  tlm::tlm_response_status response = tlm::TLM_INCOMPLETE_RESPONSE;  ///< debug: OK if all bytes were moved
  const unsigned char* byte_enables = nullptr;                       ///< null: none
  std::uint32_t byte_enable_length = 0;
  const unsigned char* data = nullptr;  ///< [length] what a write sends or a good read brought; null: none
};

/// Who gets the events of TransactionRecorders.
class TransactionListener {
 public:
  virtual ~TransactionListener() = default;

  /// Asked once per link at elaboration: the number of the link of the initiator socket `name` in its events, or
  /// nothing if it is not to be recorded.
  virtual std::optional<std::uint32_t> number(const std::string& name) = 0;

  /// An event, in the order of the calls, which is not that of `time_ps` where delays are annotated.
  virtual void write(const TransactionEvent& event) = 0;
};

}  // namespace esact
