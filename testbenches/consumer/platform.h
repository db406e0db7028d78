#pragma once

#include <esact/esact.h>

#include <string>
#include <systemc>

#include "host.h"
#include "memory.h"

namespace consumer {

/// An accelerator, its memory and its software.
struct Platform : sc_core::sc_module {
  esact::Esact accelerator;
  Memory memory;
  Host host;
  sc_core::sc_signal<bool> irq;
  sc_core::sc_signal<bool> reset;

  Platform(const sc_core::sc_module_name& name, const esact::EsactConfig& config, const std::string& image)
      : sc_module(name),
        accelerator("accelerator", config),
        memory("memory"),
        host("host"),
        irq("irq"),
        reset("reset") {
    host.csr.bind(accelerator.csr);
    host.memory.bind(memory.host);
    accelerator.dma.bind(memory.accelerator);
    accelerator.irq.bind(irq);
    host.irq.bind(irq);
    accelerator.reset.bind(reset);
    memory.load(image);
  }
};

}  // namespace consumer
