#include "protocol_checker/protocol_rules.h"

#include <array>

namespace esact {
namespace {

// In the order of the enumeration.
constexpr std::array<ProtocolRuleText, kProtocolRules> kTexts{{
    {"response_incomplete", "a transaction begins with TLM_INCOMPLETE_RESPONSE", "14.17"},
    {"dmi_hint", "a transaction begins with the DMI hint cleared", "14.16"},
    {"option", "the option is TLM_MIN_PAYLOAD; debug and DMI may ask for TLM_FULL_PAYLOAD and have it accepted",
     "14.8"},
    {"data_pointer", "a read or write has a data pointer", "14.11"},
    {"data_length", "a read or write has bytes", "14.12"},
    {"streaming_width", "the streaming width is not 0", "14.15"},
    {"byte_enable_length", "byte enables have a length", "14.14"},
    {"attributes_constant",
     "nobody changes command, data pointer, data length, byte enables or streaming width of a transaction", "14.7"},
    {"memory_manager", "a transaction of nb_transport has a memory manager", "14.5"},
    {"reference_count", "a transaction that has a memory manager is referenced", "14.5"},
    {"object_in_use", "an object is one transaction at a time", "14.5"},
    {"one_interface", "a transaction takes b_transport or nb_transport, not both", "15.2.10"},
    {"response_set", "a response has its status", "14.17"},
    {"response_final", "nobody changes the status of a response that was sent", "14.7"},
    {"phase_path", "BEGIN_REQ and END_RESP come from the initiator, END_REQ and BEGIN_RESP from the target", "15.2.3"},
    {"phase_order", "phases follow each other as permitted", "15.2.4"},
    {"request_exclusion", "one request at a time is between BEGIN_REQ and END_REQ", "15.2.6"},
    {"response_exclusion", "one response at a time is between BEGIN_RESP and END_RESP", "15.2.6"},
    {"completed", "TLM_COMPLETED answers BEGIN_REQ, BEGIN_RESP or END_RESP", "15.2.4"},
    {"accepted", "who returns TLM_ACCEPTED has changed neither phase nor time", "11.1.2"},
    {"extended_phase", "an extended phase comes between BEGIN_REQ and END_RESP", "15.2.5"},
    {"time_order", "the effective time of a transaction does not go back", "15.2.7"},
    {"nonblocking_wait", "nb_transport does not wait", "11.1.2"},
    {"blocking_process", "b_transport is not called from a method", "11.1.1"},
    {"dmi_descriptor", "get_direct_mem_ptr is given a descriptor in its initial state", "11.2.5"},
    {"dmi_region", "the region of an answer contains the address that was asked for and, if granted, has a pointer",
     "11.2.5"},
    {"dmi_access", "a granted region allows the access that was asked for", "11.2.5"},
    {"dmi_wait", "get_direct_mem_ptr does not wait", "11.2.3"},
    {"invalidated_range", "an invalidated region does not end before its start", "11.2.6"},
    {"debug_count", "a debug access moves no more bytes than were asked for", "11.3.4"},
    {"debug_wait", "a debug access does not wait", "11.3.4"},
}};

}  // namespace

const ProtocolRuleText& text_of(ProtocolRule rule) {
  return kTexts[static_cast<std::size_t>(rule)];
}

}  // namespace esact
