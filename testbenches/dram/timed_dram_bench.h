#pragma once

#include <memory>

#include "dram/timed_dram.h"
#include "tlm/bind.h"
#include "tlm/initiator_port.h"

namespace esact::test {

/// 1 ps: every time is an edge.
inline const Clock kFine(1);

inline TlmConfig tlm_config(TlmMode mode) {
  TlmConfig config;
  config.mode = mode;
  config.burst_bytes = 256;
  config.outstanding = 8;
  return config;
}

/// A timed DRAM and initiators.
class TimedDramBench : public sc_core::sc_module {
 public:
  TimedDram dram;
  InitiatorPort blocking;
  InitiatorPort phased;
  Links links;

  TimedDramBench(const sc_core::sc_module_name& name, const char* preset, const TimedDramConfig& config = {})
      : sc_core::sc_module(name),
        dram("dram", dram_table(preset), config),
        blocking("blocking", tlm_config(TlmMode::kLoose), kFine),
        phased("phased", tlm_config(TlmMode::kApproximate), kFine),
        links(TlmConfig{}, kFine) {
    links.bind(blocking, dram.memory);
    links.bind(phased, dram.memory);
  }
};

}  // namespace esact::test
