#include "protocol_checker/protocol_checker.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace esact {
namespace {

sc_core::sc_time effective(const sc_core::sc_time& delay) {
  return sc_core::sc_time_stamp() + delay;
}

const char* name_of(tlm::tlm_command command) {
  return command == tlm::TLM_READ_COMMAND ? "read" : command == tlm::TLM_WRITE_COMMAND ? "write" : "ignored command";
}

bool is_base_phase(const tlm::tlm_phase& phase) {
  return phase == tlm::BEGIN_REQ || phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase == tlm::END_RESP;
}

bool in_thread() {
  const sc_core::sc_curr_proc_kind kind = sc_core::sc_get_current_process_handle().proc_kind();
  return kind == sc_core::SC_THREAD_PROC_ || kind == sc_core::SC_CTHREAD_PROC_;
}

}  // namespace

ProtocolChecker::Access::Access(const Payload& payload)
    : command(payload.get_command()), address(payload.get_address()), length(payload.get_data_length()) {}

ProtocolChecker::Attributes::Attributes(const Payload& payload)
    : command(payload.get_command()),
      option(payload.get_gp_option()),
      data(payload.get_data_ptr()),
      length(payload.get_data_length()),
      byte_enables(payload.get_byte_enable_ptr()),
      byte_enable_length(payload.get_byte_enable_length()),
      streaming_width(payload.get_streaming_width()) {}

bool ProtocolChecker::Attributes::operator==(const Attributes& other) const {
  return command == other.command && option == other.option && data == other.data && length == other.length &&
         byte_enables == other.byte_enables && byte_enable_length == other.byte_enable_length &&
         streaming_width == other.streaming_width;
}

ProtocolChecker::Call::Call(const Payload& payload, bool forward, const tlm::tlm_phase& phase,
                            const sc_core::sc_time& delay)
    : access(payload), forward(forward), phase(phase), delay(delay), delta(sc_core::sc_delta_count()) {}

ProtocolChecker::ProtocolChecker(const sc_core::sc_module_name& name, std::string link)
    : sc_core::sc_module(name), in("in"), out("out"), link_(link.empty() ? this->name() : std::move(link)) {
  in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
}

void ProtocolChecker::b_transport(Payload& payload, sc_core::sc_time& delay) {
  const Access access = begin(payload, Stage::kBlocking, delay).access;
  require(in_thread(), ProtocolRule::kBlockingProcess, access);
  out->b_transport(payload, delay);
  Transaction* const transaction = find(payload);
  if (transaction == nullptr) return;
  check_life(*transaction);
  check_time(*transaction, delay);
  require(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseSet, access);
  end(payload);
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const Call call(payload, true, phase, delay);
  enter(payload, phase, true, delay);
  const tlm::tlm_sync_enum sync = out->nb_transport_fw(payload, phase, delay);
  returned(call, sync, payload, phase, delay);
  return sync;
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const Call call(payload, false, phase, delay);
  enter(payload, phase, false, delay);
  const tlm::tlm_sync_enum sync = in->nb_transport_bw(payload, phase, delay);
  returned(call, sync, payload, phase, delay);
  return sync;
}

bool ProtocolChecker::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) {
  const Access access(payload);
  const bool granted = out->get_direct_mem_ptr(payload, region);
  if (granted) {
    const bool contains = region.get_start_address() <= access.address && access.address <= region.get_end_address();
    require(contains && region.get_dmi_ptr() != nullptr, ProtocolRule::kDirectMemoryRegion, access);
    const bool allowed = access.command == tlm::TLM_READ_COMMAND    ? region.is_read_allowed()
                         : access.command == tlm::TLM_WRITE_COMMAND ? region.is_write_allowed()
                                                                    : true;
    require(allowed, ProtocolRule::kDirectMemoryAccess, access);
  }
  return granted;
}

void ProtocolChecker::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  Payload region;
  region.set_address(first);
  require(first <= last, ProtocolRule::kInvalidatedRange, Access(region));
  in->invalidate_direct_mem_ptr(first, last);
}

unsigned ProtocolChecker::transport_dbg(Payload& payload) {
  const Access access(payload);
  const Attributes attributes(payload);
  const bool moves_data = access.command != tlm::TLM_IGNORE_COMMAND && access.length > 0;
  require(!moves_data || attributes.data != nullptr, ProtocolRule::kDataPointer, access);
  const sc_dt::uint64 delta = sc_core::sc_delta_count();
  const unsigned moved = out->transport_dbg(payload);
  require(sc_core::sc_delta_count() == delta, ProtocolRule::kDebugWait, access);
  require(moved <= access.length, ProtocolRule::kDebugCount, access);
  require(attributes == Attributes(payload), ProtocolRule::kAttributesConstant, access);
  return moved;
}

ProtocolChecker::Transaction& ProtocolChecker::begin(const Payload& payload, Stage stage,
                                                     const sc_core::sc_time& delay) {
  const Access access(payload);
  const Transaction transaction{&payload,        access, Attributes(payload), stage, tlm::TLM_INCOMPLETE_RESPONSE,
                                effective(delay)};
  Transaction* const known = find(payload);
  require(known == nullptr, ProtocolRule::kObjectInUse, access);
  check_begin(payload, access);
  if (known != nullptr) return *known = transaction;
  transactions_.push_back(transaction);
  most_in_flight_ = std::max(most_in_flight_, transactions_.size());
  return transactions_.back();
}

/// A phase from either side, as the argument of a call or at its return.
void ProtocolChecker::enter(const Payload& payload, const tlm::tlm_phase& phase, bool forward,
                            const sc_core::sc_time& delay) {
  const bool from_initiator = phase == tlm::BEGIN_REQ || phase == tlm::END_RESP;
  if (is_base_phase(phase)) require(from_initiator == forward, ProtocolRule::kPhasePath, Access(payload));
  if (phase == tlm::BEGIN_REQ) return enter_request(payload, delay);

  Transaction* const transaction = find(payload);
  if (transaction == nullptr || transaction->stage == Stage::kBlocking) {
    return report(is_base_phase(phase) ? ProtocolRule::kPhaseOrder : ProtocolRule::kExtendedPhase, Access(payload));
  }
  check_life(*transaction);
  check_time(*transaction, delay);
  if (phase == tlm::END_REQ) {
    require(transaction->stage == Stage::kRequest, ProtocolRule::kPhaseOrder, transaction->access);
    transaction->stage = Stage::kRequestEnded;
    if (requesting_ == &payload) requesting_ = nullptr;
  } else if (phase == tlm::BEGIN_RESP) {
    enter_response(*transaction);
  } else if (phase == tlm::END_RESP) {
    require(transaction->stage == Stage::kResponse, ProtocolRule::kPhaseOrder, transaction->access);
    require(transaction->response == payload.get_response_status(), ProtocolRule::kResponseFinal, transaction->access);
    end(payload);
  }
}

void ProtocolChecker::enter_request(const Payload& payload, const sc_core::sc_time& delay) {
  const Transaction& transaction = begin(payload, Stage::kRequest, delay);
  require(payload.has_mm(), ProtocolRule::kMemoryManager, transaction.access);
  require(payload.get_ref_count() > 0, ProtocolRule::kReferenceCount, transaction.access);
  require(requesting_ == nullptr, ProtocolRule::kRequestExclusion, transaction.access);
  requesting_ = &payload;
}

void ProtocolChecker::enter_response(Transaction& transaction) {
  const bool permitted = transaction.stage == Stage::kRequest || transaction.stage == Stage::kRequestEnded;
  require(permitted, ProtocolRule::kPhaseOrder, transaction.access);
  require(responding_ == nullptr, ProtocolRule::kResponseExclusion, transaction.access);
  transaction.response = transaction.payload->get_response_status();
  require(transaction.response != tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseSet, transaction.access);
  if (requesting_ == transaction.payload) requesting_ = nullptr;
  responding_ = transaction.payload;
  transaction.stage = Stage::kResponse;
}

void ProtocolChecker::returned(const Call& call, tlm::tlm_sync_enum sync, const Payload& payload,
                               const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
  require(sc_core::sc_delta_count() == call.delta, ProtocolRule::kNonBlockingWait, call.access);
  if (sync == tlm::TLM_ACCEPTED) {
    require(phase == call.phase && delay == call.delay, ProtocolRule::kAccepted, call.access);
  } else if (sync == tlm::TLM_COMPLETED) {
    completed(call, payload, delay);
  } else if (!call.forward && phase == tlm::END_RESP) {
    completed(call, payload, delay);  // means the same, and the initiator may have given the object up
  } else {
    enter(payload, phase, !call.forward, delay);
  }
}

/// The callee ended the transaction at its return.
void ProtocolChecker::completed(const Call& call, const Payload& payload, const sc_core::sc_time& delay) {
  if (call.forward && call.phase == tlm::END_RESP) return;  // ended when the call was made
  const bool permitted = call.phase == (call.forward ? tlm::BEGIN_REQ : tlm::BEGIN_RESP);
  require(permitted, ProtocolRule::kCompleted, call.access);
  Transaction* const transaction = find(payload);
  if (transaction == nullptr) return report(ProtocolRule::kPhaseOrder, call.access);
  check_time(*transaction, delay);
  if (call.forward) {
    check_life(*transaction);
    enter_response(*transaction);
  }
  end(payload);
}

void ProtocolChecker::end(const Payload& payload) {
  if (requesting_ == &payload) requesting_ = nullptr;
  if (responding_ == &payload) responding_ = nullptr;
  Transaction* const transaction = find(payload);
  if (transaction == nullptr) return;
  *transaction = transactions_.back();
  transactions_.pop_back();
  ++completed_;
}

void ProtocolChecker::check_begin(const Payload& payload, const Access& access) const {
  require(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseIncomplete, access);
  require(!payload.is_dmi_allowed(), ProtocolRule::kDirectMemoryHint, access);
  require(payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, ProtocolRule::kOption, access);
  const bool byte_enables = payload.get_byte_enable_ptr() != nullptr;
  require(!byte_enables || payload.get_byte_enable_length() > 0, ProtocolRule::kByteEnableLength, access);
  if (access.command == tlm::TLM_IGNORE_COMMAND) return;
  require(payload.get_data_ptr() != nullptr, ProtocolRule::kDataPointer, access);
  require(access.length > 0, ProtocolRule::kDataLength, access);
  require(payload.get_streaming_width() > 0, ProtocolRule::kStreamingWidth, access);
}

void ProtocolChecker::check_life(const Transaction& transaction) const {
  require(transaction.attributes == Attributes(*transaction.payload), ProtocolRule::kAttributesConstant,
          transaction.access);
  if (transaction.stage == Stage::kBlocking) return;
  require(transaction.payload->get_ref_count() > 0, ProtocolRule::kReferenceCount, transaction.access);
}

void ProtocolChecker::check_time(Transaction& transaction, const sc_core::sc_time& delay) const {
  const sc_core::sc_time time = effective(delay);
  require(time >= transaction.time, ProtocolRule::kTimeOrder, transaction.access);
  transaction.time = time;
}

ProtocolChecker::Transaction* ProtocolChecker::find(const Payload& payload) {
  const auto found = std::find_if(transactions_.begin(), transactions_.end(),
                                  [&](const Transaction& transaction) { return transaction.payload == &payload; });
  return found == transactions_.end() ? nullptr : &*found;
}

void ProtocolChecker::report(ProtocolRule rule, const Access& access) const {
  const ProtocolRuleText& text = text_of(rule);
  std::ostringstream message;
  message << link_ << ": " << name_of(access.command) << " of " << access.length << " bytes at 0x" << std::hex
          << access.address << ": broken rule " << text.name << ": " << text.text << " (IEEE 1666-2011 clause "
          << text.clause << ')';
  SC_REPORT_ERROR("esact/protocol", message.str().c_str());
}

}  // namespace esact
