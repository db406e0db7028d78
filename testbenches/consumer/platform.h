#pragma once

#include <esact/esact.h>
#include <protocol_checker/protocol_checker.h>

#include <string>
#include <systemc>

#include "host.h"
#include "memory.h"

namespace consumer {

/// An accelerator, its memory and its software.
struct Platform : sc_core::sc_module {
  esact::Esact accelerator;
  Memory memory;
  esact::ProtocolChecker checker;  // of what our memory answers
  Host host;
  sc_core::sc_signal<bool> irq;
  sc_core::sc_signal<bool> reset;

  Platform(const sc_core::sc_module_name& name, const esact::EsactConfig& config, const std::string& image)
      : sc_module(name),
        accelerator("accelerator", config),
        memory("memory"),
        checker("checker"),
        host("host"),
        irq("irq"),
        reset("reset") {
    host.csr.bind(accelerator.csr);
    host.memory.bind(memory.host);
    accelerator.dma.bind(checker.in);
    checker.out.bind(memory.accelerator);
    accelerator.irq.bind(irq);
    host.irq.bind(irq);
    accelerator.reset.bind(reset);
    memory.load(image);
  }
};

}  // namespace consumer
