#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/commands.h"
#include "esact_interface/config.h"
#include "hlog_quantizer/hlog_quantizer.h"
#include "spls_predictor/spls_predictor.h"
#include "support/recorder.h"
#include "support/system_memory.h"
#include "tlm/bind.h"
#include "tlm/initiator_port.h"

namespace esact::testbench {

/// Assembles what the predictor publishes: per tensor and head, values of all rows in order of tokens.
class Tensors : public tlm::tlm_analysis_if<TensorRows> {
 public:
  using Rows = std::map<std::uint32_t, std::vector<std::int32_t>>;

  void write(const TensorRows& published) override {
    Rows& rows = tensors_[{published.tensor, published.head}];
    for (std::size_t i = 0; i < published.tokens.size(); ++i) {
      std::vector<std::int32_t>& row = rows[published.tokens[i]];
      published_twice_ |= !row.empty();
      for (std::size_t j = 0; j < published.columns; ++j) row.push_back(element(published, i * published.columns + j));
    }
  }

  std::vector<std::int32_t> values(const std::string& tensor, std::int32_t head, std::uint32_t first_token) const {
    std::vector<std::int32_t> values;
    const auto found = tensors_.find({tensor, head});
    if (found == tensors_.end()) return values;
    std::uint32_t expected = first_token;
    for (const auto& [token, row] : found->second) {
      if (token != expected++) return {};
      values.insert(values.end(), row.begin(), row.end());
    }
    return values;
  }

  bool published_twice() const { return published_twice_; }
  void clear() { tensors_.clear(); }

 private:
  static std::int32_t element(const TensorRows& rows, std::size_t index) {
    switch (rows.type) {
      case ElementType::kInt8:
        return static_cast<const std::int8_t*>(rows.data)[index];
      case ElementType::kUint8:
        return static_cast<const std::uint8_t*>(rows.data)[index];
      default:
        return static_cast<const std::int32_t*>(rows.data)[index];
    }
  }

  std::map<std::pair<std::string, std::int32_t>, Rows> tensors_;
  bool published_twice_ = false;
};

struct RigConfig {
  PredictorConfig predictor;
  TlmConfig tlm;
  std::uint64_t accept_cycles = 0;
};

/// Memory, quantizer and predictor over their sockets, driven by a thread, with stand-ins for the engine and the DMA.
template <class Memory>
class Rig : public sc_core::sc_module {
 public:
  template <class... MemoryArguments>
  Rig(sc_core::sc_module_name name, const RigConfig& config, MemoryArguments&&... arguments)
      : sc_module(name),
        links(config.tlm, clock),
        commands("commands", config.tlm, clock),
        access("access", config.tlm, clock),
        predictor("predictor", config.predictor, config.tlm, clock),
        quantizer("quantizer", config.tlm, clock),
        engine("engine", clock, config.accept_cycles),
        dma("dma", clock, 20, access),
        memory("memory", std::forward<MemoryArguments>(arguments)...) {
    links.bind(commands, predictor.command);
    links.bind(access, memory.memory);
    links.bind(predictor.operands, quantizer.operands);
    links.bind(quantizer.memory, memory.memory);
    links.bind(predictor.memory, memory.memory);
    links.bind(predictor.windows, engine.command);
    links.bind(predictor.dma, dma.command);
    SC_HAS_PROCESS(Rig);
    SC_THREAD(run);
  }

  /// Sends the commands, in order and all at once, and returns when the last has completed; the cycles at which they
  /// did.
  std::vector<std::uint64_t> send(const std::vector<PredictorCommand>& list) {
    std::vector<std::uint64_t> completed(list.size());
    sc_core::sc_event done;
    std::size_t open = list.size();
    for (std::size_t i = 0; i < list.size(); ++i) {
      sc_core::sc_spawn([&, i] {
        commands.send(list[i]);
        completed[i] = clock.cycle(sc_core::sc_time_stamp());
        --open;
        done.notify();
      });
    }
    while (open > 0) sc_core::wait(done);
    return completed;
  }

  Clock clock{2000};
  Links links;
  InitiatorPort commands;
  InitiatorPort access;
  SplsPredictor predictor;
  HlogQuantizer quantizer;
  CommandRecorder<WindowRecord> engine;
  SystemMemory dma;
  Memory memory;
  std::function<void()> body;  ///< what the thread does
  bool done = false;

 private:
  void run() {
    body();
    done = true;
  }
};

/// Hands out SRAM addresses, 64-byte aligned.
class Addresses {
 public:
  std::uint64_t take(std::uint64_t bytes) {
    const std::uint64_t address = next_;
    next_ += (bytes + 63) / 64 * 64;
    return address;
  }

 private:
  std::uint64_t next_ = 64;
};

}  // namespace esact::testbench
