#pragma once

#include <memory>
#include <tlm>
#include <vector>

namespace esact {

/// Pool of payloads (IEEE 1666 clause 14.5): a released payload is reset and handed out again, so that a steady flow
/// of transactions allocates nothing. `Payload` is a generic payload or derives from one.
template <class Payload = tlm::tlm_generic_payload>
class MemoryManager : public tlm::tlm_mm_interface {
 public:
  MemoryManager() = default;
  MemoryManager(const MemoryManager&) = delete;
  MemoryManager& operator=(const MemoryManager&) = delete;

  /// A payload with one reference, which the caller releases, and the response preset to TLM_INCOMPLETE_RESPONSE.
  Payload& acquire() {
    if (idle_.empty()) {
      payloads_.push_back(std::make_unique<Payload>());
      payloads_.back()->set_mm(this);
      idle_.push_back(payloads_.back().get());
    }
    Payload* payload = idle_.back();
    idle_.pop_back();
    payload->acquire();
    payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload->set_dmi_allowed(false);
    payload->set_gp_option(tlm::TLM_MIN_PAYLOAD);
    return *payload;
  }

  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    idle_.push_back(static_cast<Payload*>(payload));
  }

  /// Payloads ever made: the most that were in use at a time.
  std::size_t size() const { return payloads_.size(); }

 private:
  std::vector<std::unique_ptr<Payload>> payloads_;
  std::vector<Payload*> idle_;
};

}  // namespace esact
