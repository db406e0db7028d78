#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "csr/csr.h"
#include "tlm/bind.h"

/// Csr between a host and the scheduler's side, driven by one thread.
struct Bench : sc_core::sc_module, tlm::tlm_analysis_if<sc_core::sc_time> {
  using Body = std::function<void(Bench&)>;

  Bench(sc_core::sc_module_name name, const esact::TlmConfig& tlm, Body script)
      : sc_module(name),
        csr("csr", tlm, clock),
        host("host", tlm, clock),
        scheduler_status("scheduler_status", tlm, clock),
        commands("commands", 4),
        irq("irq"),
        links(tlm, clock),
        body(std::move(script)) {
    links.bind(host, csr.csr);
    links.bind(scheduler_status, csr.status);
    links.bind(csr.command, commands);
    csr.irq.bind(irq);
    csr.doorbells.bind(*this);
    SC_HAS_PROCESS(Bench);
    SC_THREAD(run);
  }

  void run() {
    body(*this);
    finished = true;
  }

  void write(const sc_core::sc_time& time) override { doorbell_times.push_back(time); }

  std::uint32_t read(std::uint32_t offset) {
    std::uint32_t value = 0;
    host.read(offset, &value, sizeof(value));
    return value;
  }

  void write(std::uint32_t offset, std::uint32_t value) { host.write(offset, &value, sizeof(value)); }

  /// The next record that the scheduler gets; completed at once.
  esact::DoorbellRecord next_command() {
    auto* command = commands.take();
    const esact::DoorbellRecord record = command->record;
    commands.complete(command);
    sc_core::wait(clock.period());
    return record;
  }

  /// Level of irq once it has settled.
  bool irq_level() {
    sc_core::wait(clock.period());
    return irq.read();
  }

  static std::uint64_t now() { return sc_core::sc_time_stamp().value() / sc_core::sc_time(2, sc_core::SC_NS).value(); }

  esact::Clock clock{2000};
  esact::Csr csr;
  esact::InitiatorPort host;
  esact::InitiatorPort scheduler_status;
  esact::CommandQueue<esact::DoorbellRecord> commands;
  sc_core::sc_signal<bool> irq;
  esact::Links links;
  Body body;
  std::vector<sc_core::sc_time> doorbell_times;
  bool finished = false;
};

/// Elaborates a bench and runs `body` in it to its end.
inline void run(esact::TlmMode mode, Bench::Body body) {
  esact::TlmConfig tlm;
  tlm.mode = mode;
  Bench bench("bench", tlm, std::move(body));
  sc_core::sc_start();
  CHECK(bench.finished);
}
