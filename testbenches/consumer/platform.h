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
  esact::ProtocolChecker csr_checker;
  esact::ProtocolChecker dma_checker;
  esact::ProtocolChecker host_checker;
  Host host;
  sc_core::sc_signal<bool> irq;
  sc_core::sc_signal<bool> reset;

  Platform(const sc_core::sc_module_name& name, const esact::EsactConfig& config, const std::string& image)
      : sc_module(name),
        accelerator("accelerator", config),
        memory("memory"),
        csr_checker("csr_checker"),
        dma_checker("dma_checker"),
        host_checker("host_checker"),
        host("host"),
        irq("irq"),
        reset("reset") {
    host.csr.bind(csr_checker.in);
    csr_checker.out.bind(accelerator.csr);
    accelerator.dma.bind(dma_checker.in);
    dma_checker.out.bind(memory.accelerator);
    host.memory.bind(host_checker.in);
    host_checker.out.bind(memory.host);
    accelerator.irq.bind(irq);
    host.irq.bind(irq);
    accelerator.reset.bind(reset);
    memory.load(image);
  }
};

}  // namespace consumer
