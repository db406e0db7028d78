#include "tlm/interconnect.h"

#include <algorithm>
#include <deque>
#include <sstream>
#include <unordered_map>

namespace esact {

/// One target and the requests on the way to it, one BEGIN_REQ at a time.
struct Interconnect::Range {
  std::string name;
  std::uint64_t base = 0;
  std::uint64_t size = 0;
  int target = 0;                                        // index in out_
  const tlm::tlm_generic_payload* requesting = nullptr;  // between BEGIN_REQ and END_REQ
};

/// The target side: holds back a request while its target's request phase is taken, and buffers responses.
class Interconnect::Entry : public PhasedTarget {
 public:
  Entry(const char* name, Interconnect& owner) : PhasedTarget(name), owner_(owner), later_(this, &Entry::proceed) {
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(&forward_);
    sc_core::sc_spawn([this] { forward(); }, sc_core::sc_gen_unique_name("forward"), &options);
  }

  /// A target moved its transaction on to `phase`, which takes effect after `delay`.
  void advance(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
    if (delay == sc_core::SC_ZERO_TIME) {
      proceed(payload, phase);
    } else {
      later_.notify(payload, phase, delay);
    }
  }

 private:
  struct Transaction {
    Request request;
    Range* range = nullptr;
  };

  void proceed(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    const Transaction& transaction = in_flight_.at(&payload);
    Range& range = *transaction.range;
    if (range.requesting == &payload) {
      range.requesting = nullptr;
      accept(transaction.request);
      forward_.notify(sc_core::SC_ZERO_TIME);
    }
    if (phase == tlm::END_REQ) return;
    payload.set_address(payload.get_address() + range.base);
    respond(transaction.request, sc_core::sc_time_stamp());
    in_flight_.erase(&payload);
  }

  void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    Range* range = owner_.route(payload.get_address(), payload.get_data_length());
    if (range == nullptr) return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    payload.set_address(payload.get_address() - range->base);
    owner_.out_[range->target]->b_transport(payload, delay);
    payload.set_address(payload.get_address() + range->base);
  }

  void request(const Request& request) override {
    waiting_.push_back(request);
    forward();
  }

  void finish(const Request&) override {}

  unsigned debug(tlm::tlm_generic_payload& payload) override {
    Range* range = owner_.route(payload.get_address(), payload.get_data_length());
    if (range == nullptr) return 0;
    payload.set_address(payload.get_address() - range->base);
    const unsigned bytes = owner_.out_[range->target]->transport_dbg(payload);
    payload.set_address(payload.get_address() + range->base);
    return bytes;
  }

  bool direct_memory(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override {
    const std::uint64_t address = payload.get_address();
    Range* range = owner_.route(address, 1);
    if (range == nullptr) {
      region.set_start_address(address);
      region.set_end_address(address);
      return false;
    }
    payload.set_address(address - range->base);
    const bool granted = owner_.out_[range->target]->get_direct_mem_ptr(payload, region);
    payload.set_address(address);
    region.set_start_address(region.get_start_address() + range->base);
    region.set_end_address(std::min<std::uint64_t>(region.get_end_address(), range->size - 1) + range->base);
    return granted;
  }

  void forward() {
    std::deque<Request> held;
    held.swap(waiting_);
    for (const Request& request : held) {
      tlm::tlm_generic_payload& payload = *request.payload;
      Range* range = owner_.route(payload.get_address(), payload.get_data_length());
      if (range == nullptr) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        accept(request);
        respond(request, sc_core::sc_time_stamp());
      } else if (range->requesting != nullptr) {
        waiting_.push_back(request);
      } else {
        begin_request(*range, request);
      }
    }
  }

  void begin_request(Range& range, const Request& request) {
    tlm::tlm_generic_payload& payload = *request.payload;
    range.requesting = &payload;
    in_flight_.emplace(&payload, Transaction{request, &range});
    payload.set_address(payload.get_address() - range.base);
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum sync = owner_.out_[range.target]->nb_transport_fw(payload, phase, delay);
    if (sync == tlm::TLM_ACCEPTED) return;
    if (sync == tlm::TLM_COMPLETED) return advance(payload, tlm::END_RESP, delay);
    advance(payload, phase, delay);
    if (phase != tlm::BEGIN_RESP) return;
    phase = tlm::END_RESP;
    owner_.out_[range.target]->nb_transport_fw(payload, phase, delay);
  }

  Interconnect& owner_;
  std::deque<Request> waiting_;
  std::unordered_map<const tlm::tlm_generic_payload*, Transaction> in_flight_;
  sc_core::sc_event forward_;
  tlm_utils::peq_with_cb_and_phase<Entry> later_;  // phases with an annotated delay
};

Interconnect::Interconnect(const sc_core::sc_module_name& name)
    : sc_core::sc_module(name), entry_(std::make_unique<Entry>("in", *this)), out_("out") {
  out_.register_nb_transport_bw(this, &Interconnect::nb_transport_bw);
  out_.register_invalidate_direct_mem_ptr(this, &Interconnect::invalidate_direct_mem_ptr);
}

Interconnect::~Interconnect() = default;

PhasedTarget& Interconnect::in() {
  return *entry_;
}

void Interconnect::map(const std::string& range, std::uint64_t base, std::uint64_t size,
                       tlm::tlm_base_target_socket_b<32>& target) {
  for (const Range& other : ranges_) {
    const bool apart = base > other.base ? base - other.base >= other.size : other.base - base >= size;
    if (apart) continue;
    std::ostringstream message;
    message << this->name() << ": range " << range << " at 0x" << std::hex << base << " overlaps range " << other.name
            << " at 0x" << other.base;
    SC_REPORT_ERROR("esact/tlm", message.str().c_str());
    return;
  }
  ranges_.push_back({range, base, size, static_cast<int>(ranges_.size())});
  out_.bind(target);
}

Interconnect::Range* Interconnect::route(std::uint64_t address, std::uint64_t bytes) {
  for (Range& range : ranges_) {
    if (address < range.base) continue;
    const std::uint64_t offset = address - range.base;
    if (offset < range.size && bytes <= range.size - offset) return &range;
  }
  return nullptr;
}

void Interconnect::invalidate_direct_mem_ptr(int range, sc_dt::uint64 start, sc_dt::uint64 end) {
  const Range& from = ranges_[range];
  if (start >= from.size) return;
  end = std::min<std::uint64_t>(end, from.size - 1);
  for (unsigned initiator = 0; initiator < entry_->size(); ++initiator) {
    (*entry_)[initiator]->invalidate_direct_mem_ptr(from.base + start, from.base + end);
  }
}

tlm::tlm_sync_enum Interconnect::nb_transport_bw(int, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  entry_->advance(payload, phase, delay);
  if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

}  // namespace esact
