#include "csr/csr.h"

#include <algorithm>
#include <cstring>

namespace esact {
namespace {

using registers::Register;

constexpr std::size_t kStatusQueueDepth = 2;
constexpr unsigned int kRegisterBytes = sizeof(std::uint32_t);

const Register* find(std::uint64_t offset) {
  const auto found = std::find_if(registers::kMap.begin(), registers::kMap.end(),
                                  [offset](const Register& entry) { return entry.offset == offset; });
  return found == registers::kMap.end() ? nullptr : &*found;
}

tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) {
  const unsigned int bytes = payload.get_data_length();
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (bytes != kRegisterBytes && bytes != 2 * kRegisterBytes) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (payload.get_streaming_width() < bytes) return tlm::TLM_BURST_ERROR_RESPONSE;
  for (unsigned int offset = 0; offset < bytes; offset += kRegisterBytes) {
    if (find(payload.get_address() + offset) == nullptr) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace

Csr::Csr(sc_core::sc_module_name name, const TlmConfig& tlm, const Clock& clock)
    : sc_module(name),
      csr("csr"),
      status("status", kStatusQueueDepth),
      command("command", tlm, clock),
      irq("irq"),
      doorbells("doorbells"),
      clock_(clock),
      ledger_(clock, 1) {
  csr.register_b_transport(this, &Csr::b_transport);
  csr.register_transport_dbg(this, &Csr::transport_dbg);
  for (const Register& entry : registers::kMap) at(entry.offset) = entry.reset;

  SC_HAS_PROCESS(Csr);
  SC_THREAD(send_commands);
  SC_THREAD(take_status);
  SC_METHOD(drive_irq);
  sensitive << irq_changed_;
}

void Csr::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const sc_core::sc_time start = std::max(clock_.edge(sc_core::sc_time_stamp() + delay), free_);
  free_ = start + clock_.period();
  const sc_core::sc_time end = free_;
  delay = sc_core::SC_ZERO_TIME;
  Clock::wait_until(end);
  ledger_.enter(0, UnitState::kBusy, start);
  ledger_.enter(0, UnitState::kIdle, end);

  payload.set_response_status(check(payload));
  if (payload.is_response_error() || payload.get_command() == tlm::TLM_IGNORE_COMMAND) return;
  for (unsigned int offset = 0; offset < payload.get_data_length(); offset += kRegisterBytes) {
    const Register& target = *find(payload.get_address() + offset);
    unsigned char* data = payload.get_data_ptr() + offset;
    if (payload.is_read()) {
      std::memcpy(data, &at(target.offset), kRegisterBytes);
    } else {
      std::uint32_t value = 0;
      std::memcpy(&value, data, kRegisterBytes);
      write(target, value);
    }
  }
}

unsigned int Csr::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!payload.is_read()) return 0;
  unsigned int moved = 0;
  for (; moved < payload.get_data_length(); ++moved) {
    const std::uint64_t address = payload.get_address() + moved;
    const Register* source = find(address / kRegisterBytes * kRegisterBytes);
    if (source == nullptr) break;
    payload.get_data_ptr()[moved] = static_cast<unsigned char>(at(source->offset) >> 8 * (address % kRegisterBytes));
  }
  return moved;
}

void Csr::write(const Register& target, std::uint32_t data) {
  if (target.offset == registers::kControl && (data & registers::kControlSoftReset) != 0) return soft_reset();

  std::uint32_t& value = at(target.offset);
  const bool was_enabled = bit(registers::kControl, registers::kControlEnable);
  const std::uint32_t taken = (value & ~target.writable) | (data & target.writable);
  if (taken >= target.minimum && taken <= target.maximum) value = taken & ~(data & target.write_one_clears);

  if (target.offset == registers::kRingTail) ring();
  if (target.offset == registers::kControl && !was_enabled && at(registers::kRingTail) != at(registers::kRingHead))
    ring();
  refresh();
}

void Csr::ring() {
  if (!bit(registers::kControl, registers::kControlEnable)) return;
  if (bit(registers::kStatus, registers::kStatusError)) return;
  announced_ = at(registers::kRingTail);
  doorbell_pending_ = true;
  request_.notify(sc_core::SC_ZERO_TIME);
  doorbells.write(sc_core::sc_time_stamp());
}

void Csr::soft_reset() {
  for (const Register& entry : registers::kMap) at(entry.offset) = entry.reset;
  announced_ = 0;
  scheduler_busy_ = false;
  doorbell_pending_ = false;
  resetting_ = true;
  request_.notify(sc_core::SC_ZERO_TIME);
  refresh();
}

void Csr::send_commands() {
  while (true) {
    while (!resetting_ && !doorbell_pending_) wait(request_);
    DoorbellRecord record;
    if (resetting_) {
      record.kind = DoorbellKind::kReset;
    } else {
      doorbell_pending_ = false;
      record.ring_base = std::uint64_t{at(registers::kRingBaseHigh)} << 32 | at(registers::kRingBaseLow);
      record.entries = at(registers::kRingEntries);
      record.head = at(registers::kRingHead);
      record.tail = announced_;
    }
    command.send(record);
    if (record.kind == DoorbellKind::kReset) resetting_ = false;
    refresh();
  }
}

void Csr::take_status() {
  while (true) {
    auto* received = status.take();
    if (!resetting_) apply(received->record);
    status.complete(received);
  }
}

void Csr::apply(const StatusRecord& record) {
  constexpr std::uint32_t kSets = registers::kStatusInterrupt | registers::kStatusError;
  at(registers::kRingHead) = record.head;
  at(registers::kStatus) |= record.status & kSets;
  scheduler_busy_ = (record.status & registers::kStatusBusy) != 0;
  if ((record.status & registers::kStatusError) != 0) {
    at(registers::kErrorCode) = record.error_code;
    at(registers::kErrorIndex) = record.error_index;
    at(registers::kErrorAddressLow) = static_cast<std::uint32_t>(record.error_address);
    at(registers::kErrorAddressHigh) = static_cast<std::uint32_t>(record.error_address >> 32);
    doorbell_pending_ = false;
  }
  refresh();
}

/// Derives STATUS.busy and has the irq line follow.
void Csr::refresh() {
  const bool in_error = bit(registers::kStatus, registers::kStatusError);
  const bool waiting = !in_error && announced_ != at(registers::kRingHead);
  std::uint32_t& state = at(registers::kStatus);
  state &= ~registers::kStatusBusy;
  if (resetting_ || scheduler_busy_ || waiting) state |= registers::kStatusBusy;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Csr::drive_irq() {
  irq.write(bit(registers::kStatus, registers::kStatusInterrupt) &&
            bit(registers::kControl, registers::kControlIrqEnable));
}

}  // namespace esact
