#include "protocol_checker/protocol_checker.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace esact {
namespace {

sc_dt::uint64 effective(const sc_core::sc_time& delay) {
  return sc_core::sc_time_stamp().value() + delay.value();
}

const char* name_of(tlm::tlm_command command) {
  return command == tlm::TLM_READ_COMMAND ? "read" : command == tlm::TLM_WRITE_COMMAND ? "write" : "ignored command";
}

bool is_base_phase(const tlm::tlm_phase& phase) {
  return phase == tlm::BEGIN_REQ || phase == tlm::END_REQ || phase == tlm::BEGIN_RESP || phase == tlm::END_RESP;
}

bool in_method() {
  return sc_core::sc_get_current_process_handle().proc_kind() == sc_core::SC_METHOD_PROC_;
}

bool in_initial_state(const tlm::tlm_dmi& region) {
  return region.get_dmi_ptr() == nullptr && region.is_none_allowed() && region.get_start_address() == 0 &&
         region.get_end_address() == ~sc_dt::uint64{0} && region.get_read_latency() == sc_core::SC_ZERO_TIME &&
         region.get_write_latency() == sc_core::SC_ZERO_TIME;
}

}  // namespace

ProtocolChecker::Access::Access(const Payload& payload)
    : command(payload.get_command()), address(payload.get_address()), length(payload.get_data_length()) {}

ProtocolChecker::Attributes::Attributes(const Payload& payload)
    : command(payload.get_command()),
      data(payload.get_data_ptr()),
      length(payload.get_data_length()),
      byte_enables(payload.get_byte_enable_ptr()),
      byte_enable_length(payload.get_byte_enable_length()),
      streaming_width(payload.get_streaming_width()) {}

bool ProtocolChecker::Attributes::operator==(const Attributes& other) const {
  return command == other.command && data == other.data && length == other.length &&
         byte_enables == other.byte_enables && byte_enable_length == other.byte_enable_length &&
         streaming_width == other.streaming_width;
}

ProtocolChecker::Transaction::Transaction(const Payload& payload, Stage stage, const sc_core::sc_time& delay)
    : payload(&payload), access(payload), attributes(payload), stage(stage), time(effective(delay)) {}

ProtocolChecker::Call::Call(const Payload& payload, bool forward, const tlm::tlm_phase& phase,
                            const sc_core::sc_time& delay)
    : access(payload), forward(forward), phase(phase), delay(delay), delta(sc_core::sc_delta_count()) {}

ProtocolChecker::Inquiry::Inquiry(const Payload& payload)
    : access(payload), attributes(payload), option(payload.get_gp_option()), delta(sc_core::sc_delta_count()) {}

ProtocolChecker::ProtocolChecker(const sc_core::sc_module_name& name, std::string link)
    : sc_core::sc_module(name), in("in"), out("out"), link_(link.empty() ? this->name() : std::move(link)) {
  in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
}

void ProtocolChecker::b_transport(Payload& payload, sc_core::sc_time& delay) {
  if (in_method()) report(ProtocolRule::kBlockingProcess, Access(payload));
  const Access access = begin(payload, Stage::kBlocking, delay).access;
  try {
    out->b_transport(payload, delay);
  } catch (...) {  // the calling process was killed or reset
    if (Transaction* const transaction = find(payload)) end(*transaction);
    throw;
  }
  Transaction* const transaction = find(payload);
  if (transaction == nullptr) return;
  check_life(*transaction);
  check_time(*transaction, delay);
  require(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseSet, access);
  end(*transaction);
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
  const Inquiry inquiry(payload);
  const Access& access = inquiry.access;
  require(in_initial_state(region), ProtocolRule::kDirectMemoryDescriptor, access);
  const bool granted = out->get_direct_mem_ptr(payload, region);
  answered(inquiry, payload, ProtocolRule::kDirectMemoryWait);
  const bool contains = region.get_start_address() <= access.address && access.address <= region.get_end_address();
  require(contains && (!granted || region.get_dmi_ptr() != nullptr), ProtocolRule::kDirectMemoryRegion, access);
  const bool allowed = access.command == tlm::TLM_READ_COMMAND    ? region.is_read_allowed()
                       : access.command == tlm::TLM_WRITE_COMMAND ? region.is_write_allowed()
                                                                  : true;
  require(!granted || allowed, ProtocolRule::kDirectMemoryAccess, access);
  return granted;
}

void ProtocolChecker::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  Payload region;
  region.set_address(first);
  require(first <= last, ProtocolRule::kInvalidatedRange, Access(region));
  in->invalidate_direct_mem_ptr(first, last);
}

unsigned ProtocolChecker::transport_dbg(Payload& payload) {
  const Inquiry inquiry(payload);
  const Access& access = inquiry.access;
  const bool moves_data = access.command != tlm::TLM_IGNORE_COMMAND && access.length > 0;
  require(!moves_data || inquiry.attributes.data != nullptr, ProtocolRule::kDataPointer, access);
  const unsigned moved = out->transport_dbg(payload);
  answered(inquiry, payload, ProtocolRule::kDebugWait);
  require(moved <= access.length, ProtocolRule::kDebugCount, access);
  return moved;
}

/// The callee of a debug or direct memory call returned.
void ProtocolChecker::answered(const Inquiry& inquiry, const Payload& payload, ProtocolRule wait_rule) const {
  require(sc_core::sc_delta_count() == inquiry.delta, wait_rule, inquiry.access);
  require(inquiry.attributes == Attributes(payload), ProtocolRule::kAttributesConstant, inquiry.access);
  const bool accepted =
      inquiry.option == tlm::TLM_FULL_PAYLOAD && payload.get_gp_option() == tlm::TLM_FULL_PAYLOAD_ACCEPTED;
  const bool kept = inquiry.option != tlm::TLM_FULL_PAYLOAD_ACCEPTED && payload.get_gp_option() == inquiry.option;
  require(accepted || kept, ProtocolRule::kOption, inquiry.access);
}

ProtocolChecker::Transaction& ProtocolChecker::begin(const Payload& payload, Stage stage,
                                                     const sc_core::sc_time& delay) {
  if (Transaction* const known = find(payload)) {
    const bool same_interface = (known->stage == Stage::kBlocking) == (stage == Stage::kBlocking);
    report(same_interface ? ProtocolRule::kObjectInUse : ProtocolRule::kOneInterface, Access(payload));
    end(*known);
  }
  check_begin(payload);
  Transaction& transaction = transactions_.emplace_back(payload, stage, delay);
  most_in_flight_ = std::max(most_in_flight_, transactions_.size());
  return transaction;
}

/// A phase from either side, as the argument of a call or at its return.
void ProtocolChecker::enter(const Payload& payload, const tlm::tlm_phase& phase, bool forward,
                            const sc_core::sc_time& delay) {
  const bool from_initiator = phase == tlm::BEGIN_REQ || phase == tlm::END_RESP;
  require(phase != tlm::UNINITIALIZED_PHASE, ProtocolRule::kPhasePath, Access(payload));
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
    end(*transaction);
  }
}

void ProtocolChecker::enter_request(const Payload& payload, const sc_core::sc_time& delay) {
  const Transaction& transaction = begin(payload, Stage::kRequest, delay);
  require(payload.has_mm(), ProtocolRule::kMemoryManager, transaction.access);
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
  } else if (sync == tlm::TLM_COMPLETED || (!call.forward && phase == tlm::END_RESP)) {
    completed(call, payload, delay);  // after either an initiator may have given the object up
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
  end(*transaction);
}

void ProtocolChecker::end(Transaction& transaction) {
  if (requesting_ == transaction.payload) requesting_ = nullptr;
  if (responding_ == transaction.payload) responding_ = nullptr;
  if (&transaction != &transactions_.back()) transaction = transactions_.back();
  transactions_.pop_back();
  ++completed_;
}

void ProtocolChecker::check_begin(const Payload& payload) const {
  const Access access(payload);
  require(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, ProtocolRule::kResponseIncomplete, access);
  require(!payload.is_dmi_allowed(), ProtocolRule::kDirectMemoryHint, access);
  require(payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, ProtocolRule::kOption, access);
  require(payload.get_streaming_width() > 0, ProtocolRule::kStreamingWidth, access);
  const bool byte_enables = payload.get_byte_enable_ptr() != nullptr;
  require(!byte_enables || payload.get_byte_enable_length() > 0, ProtocolRule::kByteEnableLength, access);
  check_reference(payload, access);
  if (access.command == tlm::TLM_IGNORE_COMMAND) return;
  require(payload.get_data_ptr() != nullptr, ProtocolRule::kDataPointer, access);
  require(access.length > 0, ProtocolRule::kDataLength, access);
}

void ProtocolChecker::check_life(const Transaction& transaction) const {
  const Payload& payload = *transaction.payload;
  require(transaction.attributes == Attributes(payload), ProtocolRule::kAttributesConstant, transaction.access);
  require(payload.get_gp_option() == tlm::TLM_MIN_PAYLOAD, ProtocolRule::kOption, transaction.access);
  check_reference(payload, transaction.access);
}

void ProtocolChecker::check_reference(const Payload& payload, const Access& access) const {
  require(!payload.has_mm() || payload.get_ref_count() > 0, ProtocolRule::kReferenceCount, access);
}

void ProtocolChecker::check_time(Transaction& transaction, const sc_core::sc_time& delay) const {
  const sc_dt::uint64 time = effective(delay);
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
