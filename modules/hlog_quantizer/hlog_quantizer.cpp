#include "hlog_quantizer/hlog_quantizer.h"

namespace esact {
namespace {

constexpr std::uint64_t kSramAddressMask = (std::uint64_t{1} << kQuantizerShift) - 1;

kernels::Quantizer quantizer_of(std::uint64_t address) {
  return static_cast<kernels::Quantizer>(address >> kQuantizerShift);
}

/// What the bridge itself says to a request; TLM_OK_RESPONSE: it is the SRAM's to answer.
tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) {
  if (quantizer_of(payload.get_address()) > kernels::Quantizer::kExact) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_streaming_width() < payload.get_data_length()) return tlm::TLM_BURST_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

/// Replaces the int8 values that the SRAM returned by their codes.
void encode(std::uint64_t address, std::size_t bytes, tlm::tlm_generic_payload& payload) {
  auto* data = payload.get_data_ptr();
  kernels::encode(quantizer_of(address), reinterpret_cast<const std::int8_t*>(data), bytes, data);
}

}  // namespace

HlogQuantizer::HlogQuantizer(sc_core::sc_module_name name, const TlmConfig&, const Clock& clock)
    : sc_module(name), operands("operands"), memory("memory"), ledger_(clock, 1) {
  operands.register_b_transport(this, &HlogQuantizer::b_transport);
  operands.register_nb_transport_fw(this, &HlogQuantizer::nb_transport_fw);
  operands.register_transport_dbg(this, &HlogQuantizer::transport_dbg);
  memory.register_nb_transport_bw(this, &HlogQuantizer::nb_transport_bw);
}

void HlogQuantizer::begin(tlm::tlm_generic_payload& payload) {
  payload.set_address(payload.get_address() & kSramAddressMask);
  if (passing_++ == 0) ledger_.enter(0, UnitState::kBusy);
}

void HlogQuantizer::finish(tlm::tlm_generic_payload& payload, std::uint64_t address) {
  payload.set_address(address);
  payload.set_dmi_allowed(false);
  if (--passing_ == 0) ledger_.enter(0, UnitState::kIdle);
  if (!payload.is_response_ok()) return;
  if (quantizer_of(address) != kernels::Quantizer::kExact) counts_.hlog_conversions += payload.get_data_length();
  if (payload.is_read()) encode(address, payload.get_data_length(), payload);
}

void HlogQuantizer::finish_in_flight(tlm::tlm_generic_payload& payload) {
  const auto entry = in_flight_.find(&payload);
  finish(payload, entry->second);
  in_flight_.erase(entry);
}

void HlogQuantizer::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status = check(payload);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return;
  }
  const std::uint64_t address = payload.get_address();
  begin(payload);
  memory->b_transport(payload, delay);
  finish(payload, address);
}

tlm::tlm_sync_enum HlogQuantizer::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return memory->nb_transport_fw(payload, phase, delay);
  const tlm::tlm_response_status status = check(payload);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return tlm::TLM_COMPLETED;
  }
  in_flight_.emplace(&payload, payload.get_address());
  begin(payload);
  const tlm::tlm_sync_enum result = memory->nb_transport_fw(payload, phase, delay);
  const bool responded = result == tlm::TLM_COMPLETED || (result == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP);
  if (responded) finish_in_flight(payload);
  return result;
}

tlm::tlm_sync_enum HlogQuantizer::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                  sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_RESP) finish_in_flight(payload);
  return operands->nb_transport_bw(payload, phase, delay);
}

unsigned HlogQuantizer::transport_dbg(tlm::tlm_generic_payload& payload) {
  const tlm::tlm_response_status status = check(payload);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return 0;
  }
  const std::uint64_t address = payload.get_address();
  payload.set_address(address & kSramAddressMask);
  const unsigned bytes = memory->transport_dbg(payload);
  payload.set_address(address);
  if (payload.is_read()) encode(address, bytes, payload);
  return bytes;
}

}  // namespace esact
