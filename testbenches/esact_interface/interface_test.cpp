#include <catch2/catch.hpp>
#include <cstring>
#include <systemc>

#include "esact_interface/event_counts.h"
#include "esact_interface/tensor_tap.h"

using namespace esact;

namespace {

/// Event counts whose n-th integer is seed + n.
EventCounts numbered(std::uint64_t seed) {
  EventCounts counts;
  std::uint64_t values[sizeof(EventCounts) / sizeof(std::uint64_t)];
  for (std::uint64_t& value : values) value = seed++;
  std::memcpy(&counts, values, sizeof(counts));
  return counts;
}

struct Listener : tlm::tlm_analysis_if<TensorRows> {
  std::vector<std::string> tensors;
  void write(const TensorRows& rows) override { tensors.push_back(rows.tensor); }
};

}  // namespace

TEST_CASE("every event count is added and subtracted") {
  const EventCounts first = numbered(1000);
  const EventCounts second = numbered(1);
  EventCounts sum = first;
  sum += second;
  std::uint64_t values[sizeof(EventCounts) / sizeof(std::uint64_t)];
  std::memcpy(values, &sum, sizeof(values));
  for (std::uint64_t i = 0; i < std::size(values); ++i) CHECK(values[i] == 1001 + 2 * i);
  sum -= second;
  CHECK(std::memcmp(&sum, &first, sizeof(sum)) == 0);
}

TEST_CASE("a tensor port knows whether somebody listens") {
  TensorPort port("tensors");
  TensorRows rows;
  rows.tensor = "x";
  port.write(rows);
  CHECK_FALSE(port.bound());
  Listener listener;
  port.bind(listener);
  CHECK(port.bound());
  port.write(rows);
  CHECK(listener.tensors == std::vector<std::string>{"x"});
}
