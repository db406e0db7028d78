#include "esact_interface/event_counts.h"

namespace esact {
namespace {

constexpr std::uint64_t EventCounts::*kScalars[] = {
    &EventCounts::predictor_products, &EventCounts::hlog_conversions, &EventCounts::topk_compares,
    &EventCounts::similarity_adds,    &EventCounts::output_adds,      &EventCounts::vector_operations,
    &EventCounts::sram_read_bytes,    &EventCounts::sram_write_bytes, &EventCounts::dma_bytes,
    &EventCounts::streamed_bytes,     &EventCounts::spilled_bytes,
};

}  // namespace

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  for (std::size_t i = 0; i < kOperations; ++i) macs[i] += other.macs[i];
  for (auto field : kScalars) this->*field += other.*field;
  return *this;
}

EventCounts& EventCounts::operator-=(const EventCounts& other) {
  for (std::size_t i = 0; i < kOperations; ++i) macs[i] -= other.macs[i];
  for (auto field : kScalars) this->*field -= other.*field;
  return *this;
}

}  // namespace esact
