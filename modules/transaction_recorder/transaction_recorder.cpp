#include "transaction_recorder/transaction_recorder.h"

namespace esact {

TransactionRecorder::TransactionRecorder(const sc_core::sc_module_name& name, TransactionListener& listener,
                                         std::uint32_t socket)
    : sc_core::sc_module(name), in("in"), out("out"), listener_(listener), socket_(socket) {
  in.register_b_transport(this, &TransactionRecorder::b_transport);
  in.register_nb_transport_fw(this, &TransactionRecorder::nb_transport_fw);
  in.register_transport_dbg(this, &TransactionRecorder::transport_dbg);
  in.register_get_direct_mem_ptr(this, &TransactionRecorder::get_direct_mem_ptr);
  out.register_nb_transport_bw(this, &TransactionRecorder::nb_transport_bw);
  out.register_invalidate_direct_mem_ptr(this, &TransactionRecorder::invalidate_direct_mem_ptr);
}

// Attributes are taken when a transaction begins: an interconnect may change the address on the way (clause 14.7).
TransactionEvent TransactionRecorder::begin(const Payload& payload) {
  TransactionEvent event;
  event.socket = socket_;
  event.transaction = count_++;
  event.command = payload.get_command();
  event.address = payload.get_address();
  event.length = payload.get_data_length();
  event.streaming_width = payload.get_streaming_width();
  return event;
}

void TransactionRecorder::write(TransactionEvent event, TransactionPhase phase, const sc_core::sc_time& delay) {
  static const std::uint64_t kPicosecond = sc_core::sc_time(1, sc_core::SC_PS).value();
  event.phase = phase;
  event.time_ps = (sc_core::sc_time_stamp() + delay).value() / kPicosecond;
  listener_.write(event);
}

void TransactionRecorder::write_request(const TransactionEvent& event, TransactionPhase phase, const Payload& payload,
                                        const sc_core::sc_time& delay) {
  TransactionEvent request = event;
  request.response = payload.get_response_status();
  if (payload.get_byte_enable_ptr() != nullptr) {
    request.byte_enables = payload.get_byte_enable_ptr();
    request.byte_enable_length = payload.get_byte_enable_length();
  }
  if (payload.is_write()) request.data = payload.get_data_ptr();
  write(request, phase, delay);
}

void TransactionRecorder::write_response(TransactionEvent event, TransactionPhase phase, const Payload& payload,
                                         const sc_core::sc_time& delay) {
  event.response = payload.get_response_status();
  if (payload.is_read() && payload.is_response_ok()) event.data = payload.get_data_ptr();
  write(event, phase, delay);
}

void TransactionRecorder::b_transport(Payload& payload, sc_core::sc_time& delay) {
  const TransactionEvent event = begin(payload);
  write_request(event, TransactionPhase::kBlockingBegin, payload, delay);
  out->b_transport(payload, delay);
  write_response(event, TransactionPhase::kBlockingEnd, payload, delay);
}

tlm::tlm_sync_enum TransactionRecorder::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                                        sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) {
    const TransactionEvent event = begin(payload);
    in_flight_[&payload] = {event, false};
    write_request(event, TransactionPhase::kBeginRequest, payload, delay);
  } else if (phase == tlm::END_RESP) {
    complete(payload, delay);
    return out->nb_transport_fw(payload, phase, delay);  // the payload may be gone when the call returns
  }
  const tlm::tlm_sync_enum sync = out->nb_transport_fw(payload, phase, delay);
  if (sync == tlm::TLM_UPDATED) advance(payload, phase, delay);
  if (sync == tlm::TLM_COMPLETED) complete(payload, delay);
  return sync;
}

tlm::tlm_sync_enum TransactionRecorder::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                                        sc_core::sc_time& delay) {
  advance(payload, phase, delay);
  const tlm::tlm_sync_enum sync = in->nb_transport_bw(payload, phase, delay);
  if (sync == tlm::TLM_UPDATED) advance(payload, phase, delay);
  if (sync == tlm::TLM_COMPLETED) complete(payload, delay);
  return sync;
}

void TransactionRecorder::advance(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay) {
  const auto found = in_flight_.find(&payload);
  if (found == in_flight_.end()) return;
  Transaction& transaction = found->second;
  if (phase == tlm::END_REQ) {
    TransactionEvent event = transaction.begin;
    event.response = payload.get_response_status();
    write(event, TransactionPhase::kEndRequest, delay);
  } else if (phase == tlm::BEGIN_RESP) {
    transaction.responding = true;
    transaction.begin.response = payload.get_response_status();
    write_response(transaction.begin, TransactionPhase::kBeginResponse, payload, delay);
  } else if (phase == tlm::END_RESP) {
    complete(payload, delay);
  }
}

// A transaction that completes early had no BEGIN_RESP to carry its data; of another one, the initiator may have given
// up the payload by now.
void TransactionRecorder::complete(const Payload& payload, const sc_core::sc_time& delay) {
  const auto found = in_flight_.find(&payload);
  if (found == in_flight_.end()) return;
  const Transaction transaction = found->second;
  in_flight_.erase(found);
  if (transaction.responding) {
    write(transaction.begin, TransactionPhase::kEndResponse, delay);
  } else {
    write_response(transaction.begin, TransactionPhase::kEndResponse, payload, delay);
  }
}

unsigned TransactionRecorder::transport_dbg(Payload& payload) {
  TransactionEvent event = begin(payload);
  const unsigned moved = out->transport_dbg(payload);
  const bool whole = moved == event.length;
  event.streaming_width = moved;
  event.response = whole ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (whole && event.command != tlm::TLM_IGNORE_COMMAND) event.data = payload.get_data_ptr();
  write(event, TransactionPhase::kDebug, sc_core::SC_ZERO_TIME);
  return moved;
}

bool TransactionRecorder::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) {
  TransactionEvent event;
  event.transaction = count_++;
  event.command = payload.get_command();
  const bool granted = out->get_direct_mem_ptr(payload, region);
  event.response = granted ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
  write_direct_memory(event, granted ? TransactionPhase::kDirectMemoryGranted : TransactionPhase::kDirectMemoryDenied,
                      region.get_start_address(), region.get_end_address());
  return granted;
}

void TransactionRecorder::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  TransactionEvent event;
  event.transaction = count_++;
  event.response = tlm::TLM_OK_RESPONSE;
  write_direct_memory(event, TransactionPhase::kDirectMemoryInvalidated, first, last);
  in->invalidate_direct_mem_ptr(first, last);
}

void TransactionRecorder::write_direct_memory(TransactionEvent event, TransactionPhase phase, std::uint64_t first,
                                              std::uint64_t last) {
  const std::uint64_t addresses = last - first + 1;
  event.socket = socket_;
  event.address = first;
  event.length = addresses == 0 ? ~std::uint64_t{0} : addresses;
  write(event, phase, sc_core::SC_ZERO_TIME);
}

}  // namespace esact
