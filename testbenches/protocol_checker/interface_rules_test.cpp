#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "rig.h"

using namespace esact;
using namespace esact::test;

namespace {

/// An answer to a request for direct memory at 0x40: the region of `first` to `last`, read-only, if granted.
struct Answer {
  std::uint64_t first = 0;
  std::uint64_t last = 0x80;
  bool granted = true;
  bool pointer = true;
};

std::string broken_by_answer(const Answer& answer, bool write = false) {
  return broken_by([&](Rig& rig) {
    unsigned char byte = 0;
    rig.on_direct_memory = [&](Payload&, tlm::tlm_dmi& region) {
      region.set_start_address(answer.first);
      region.set_end_address(answer.last);
      region.set_dmi_ptr(answer.pointer ? &byte : nullptr);
      region.allow_read();
      return answer.granted;
    };
    Payload& payload = rig.payload();
    if (!write) payload.set_read();
    tlm::tlm_dmi region;
    rig.initiator->get_direct_mem_ptr(payload, region);
  });
}

}  // namespace

TEST_CASE("dmi_descriptor: a descriptor with the last answer still in it") {
  CHECK(broken_by([](Rig& rig) {
          tlm::tlm_dmi region;
          region.set_end_address(0x80);
          rig.initiator->get_direct_mem_ptr(rig.payload(), region);
        }) == "dmi_descriptor");
}

TEST_CASE("dmi_region: beside the address") {
  CHECK(broken_by_answer({0x41, 0x80}) == "dmi_region");
}

TEST_CASE("dmi_region: denied beside the address") {
  CHECK(broken_by_answer({0, 0x3f, false}) == "dmi_region");
}

TEST_CASE("dmi_region: an end before the start") {
  CHECK(broken_by_answer({0x80, 0}) == "dmi_region");
}

TEST_CASE("dmi_region: without a pointer") {
  CHECK(broken_by_answer({0, 0x80, true, false}) == "dmi_region");
}

TEST_CASE("dmi_access: read-only memory granted to a write") {
  CHECK(broken_by_answer({}, true) == "dmi_access");
}

TEST_CASE("dmi_wait: a target waits before it grants direct memory") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_direct_memory = [](auto&&...) {
            sc_core::wait(kNanosecond);
            return false;
          };
          tlm::tlm_dmi region;
          rig.initiator->get_direct_mem_ptr(rig.payload(), region);
        }) == "dmi_wait");
}

TEST_CASE("invalidated_range: backwards") {
  CHECK(broken_by([](Rig& rig) { rig.target->invalidate_direct_mem_ptr(8, 7); }) == "invalidated_range");
}

TEST_CASE("debug_count: more bytes than asked for") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](auto&&...) { return 5u; };
          rig.initiator->transport_dbg(rig.payload());
        }) == "debug_count");
}

TEST_CASE("debug_wait: a debug access takes time") {
  CHECK(broken_by([](Rig& rig) {
          rig.on_debug = [](auto&&...) {
            sc_core::wait(kNanosecond);
            return 4u;
          };
          rig.initiator->transport_dbg(rig.payload());
        }) == "debug_wait");
}

TEST_CASE("the message names link, transaction, rule and clause") {
  CHECK(error_of([](Rig& rig) {
          Payload& payload = rig.payload();
          payload.set_data_ptr(nullptr);
          rig.block(payload);
        }) ==
        "rig.checker: write of 4 bytes at 0x40: broken rule data_pointer: a read or write has a data pointer (IEEE "
        "1666-2011 clause 14.11)");
}

TEST_CASE("the page lists every rule as it is, and nothing else") {
  std::ifstream page(ESACT_DOCS "/protocol_checker.md");
  std::ostringstream rows;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) == 0) rows << line << '\n';
  }
  std::ostringstream expected;
  for (std::size_t rule = 0; rule < kProtocolRules; ++rule) {
    const ProtocolRuleText& text = text_of(static_cast<ProtocolRule>(rule));
    expected << "| `" << text.name << "` | " << text.text << " | " << text.clause << " |\n";
  }
  CHECK(rows.str() == expected.str());
}
