#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "tlm/phased_target.h"

namespace esact {

/// Multi target socket of a memory-like block, which gives two functions:
/// `reserve` says when an access that arrives now is done: contention and counting live there;
/// `transfer` moves the bytes of an access (none for TLM_IGNORE_COMMAND) and returns the response, leaving everything
/// untouched if that is an error. It also serves transport_dbg.
///
/// Byte enables, a streaming width below the length and reads or writes of no bytes are answered with the error
/// response of IEEE 1666 clause 14.17 and reach neither function.
class MemoryPort : public PhasedTarget {
 public:
  using Reserve = std::function<sc_core::sc_time(const tlm::tlm_generic_payload&)>;
  using Transfer = std::function<tlm::tlm_response_status(tlm::tlm_generic_payload&)>;

  /// `queue_depth`: accesses of the non-blocking interface in work at a time; further ones get their END_REQ later.
  /// A written byte lands, and a byte is read, when the access is done.
  MemoryPort(const char* name, Reserve reserve, Transfer transfer, std::size_t queue_depth);

  const char* kind() const override { return "esact::MemoryPort"; }

 private:
  void admit();

  void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  void request(const Request& request) override;
  void finish(const Request& request) override;
  unsigned debug(tlm::tlm_generic_payload& payload) override;

  Reserve reserve_;
  Transfer transfer_;
  std::size_t queue_depth_;
  std::size_t in_work_ = 0;
  std::deque<Request> outside_;
};

}  // namespace esact
