#include "sram/sram.h"

#include <algorithm>
#include <cstring>

namespace esact {

namespace {

constexpr std::uint64_t kWordBytes = sizeof(std::uint32_t);

/// Accesses of the non-blocking interface in work at a time.
constexpr std::size_t kQueueDepth = 64;

bool is_page_table(const tlm::tlm_generic_payload& payload) {
  return payload.get_address() >= kPageTableBase;
}

}  // namespace

Sram::Sram(const sc_core::sc_module_name& name, const SramConfig& config, const TlmConfig&, const Clock& clock)
    : sc_core::sc_module(name),
      memory(
          "memory", [this](const tlm::tlm_generic_payload& payload) { return reserve(payload); },
          [this](tlm::tlm_generic_payload& payload) { return transfer(payload); }, kQueueDepth),
      config_(config),
      clock_(clock),
      banks_(config.banks),
      bytes_(config.bytes) {}

StateCycles Sram::totals() const {
  const std::uint64_t cycle = clock_.cycle(sc_core::sc_time_stamp());
  StateCycles totals{};
  const std::uint64_t busy = banks_.served(cycle);
  totals[static_cast<std::size_t>(UnitState::kBusy)] = busy;
  totals[static_cast<std::size_t>(UnitState::kIdle)] = cycle * config_.banks - busy;
  return totals;
}

bool Sram::mapped(std::uint64_t address, std::uint64_t bytes) const {
  if (address >= kVirtualBytes || bytes > kVirtualBytes - address) return false;
  if (bytes == 0) return true;
  const std::uint64_t last = (address + bytes - 1) / kPageBytes;
  if (last >= page_table_.size()) return false;
  const auto begin = page_table_.begin();
  return std::find(begin + address / kPageBytes, begin + last + 1, kUnmappedPage) == begin + last + 1;
}

sc_core::sc_time Sram::reserve(const tlm::tlm_generic_payload& payload) {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const sc_core::sc_time edge = clock_.edge(now);
  if (is_page_table(payload)) return edge + clock_.cycles(config_.latency_cycles);
  const std::uint64_t bytes = payload.get_data_length();
  if (bytes == 0 || !mapped(payload.get_address(), bytes)) return now;
  (payload.is_write() ? counts_.sram_write_bytes : counts_.sram_read_bytes) += bytes;
  const std::uint64_t words = words_touched(payload.get_address(), bytes, config_.bank_bytes);
  return clock_.cycles(banks_.reserve(clock_.cycle(edge), words, config_.latency_cycles));
}

tlm::tlm_response_status Sram::transfer(tlm::tlm_generic_payload& payload) {
  if (is_page_table(payload)) return transfer_page_table(payload);
  std::uint64_t address = payload.get_address();
  std::uint64_t left = payload.get_data_length();
  if (!mapped(address, left)) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  for (unsigned char* data = payload.get_data_ptr(); left > 0;) {
    const std::uint64_t offset = address % kPageBytes;
    const std::uint64_t count = std::min(left, kPageBytes - offset);
    std::uint8_t* place = bytes_.data() + page_table_[address / kPageBytes] * kPageBytes + offset;
    // copy_n calls the C library; of a memcpy whose bound it knows GCC makes a slow `rep movs`
    if (payload.is_read()) {
      std::copy_n(place, count, data);
    } else {
      std::copy_n(data, count, place);
    }
    data += count;
    address += count;
    left -= count;
  }
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status Sram::transfer_page_table(tlm::tlm_generic_payload& payload) {
  const std::uint64_t offset = payload.get_address() - kPageTableBase;
  const std::uint64_t bytes = payload.get_data_length();
  if (offset % kWordBytes != 0 || offset >= kVirtualPages * kWordBytes) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (bytes > kVirtualPages * kWordBytes - offset) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (bytes % kWordBytes != 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;

  const std::uint64_t first = offset / kWordBytes;
  const std::uint64_t count = bytes / kWordBytes;
  std::vector<std::uint32_t> pages(count, kUnmappedPage);
  if (payload.is_read()) {
    for (std::uint64_t i = 0; i < count && first + i < page_table_.size(); ++i) pages[i] = page_table_[first + i];
    std::memcpy(payload.get_data_ptr(), pages.data(), bytes);
    return tlm::TLM_OK_RESPONSE;
  }
  std::memcpy(pages.data(), payload.get_data_ptr(), bytes);
  const std::uint32_t physical_pages = static_cast<std::uint32_t>(bytes_.size() / kPageBytes);
  const auto valid = [&](std::uint32_t page) { return page < physical_pages || page == kUnmappedPage; };
  if (!std::all_of(pages.begin(), pages.end(), valid)) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (page_table_.size() < first + count) page_table_.resize(first + count, kUnmappedPage);
  std::copy(pages.begin(), pages.end(), page_table_.begin() + first);
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace esact
