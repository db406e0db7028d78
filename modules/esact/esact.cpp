#include "esact/esact.h"

#include "csr/csr.h"
#include "dma/dma.h"
#include "esact/check_config.h"
#include "ffn_array/ffn_array.h"
#include "hlog_quantizer/hlog_quantizer.h"
#include "mac_array/mac_array.h"
#include "scheduler/scheduler.h"
#include "sparse_attention_engine/sparse_attention_engine.h"
#include "spls_predictor/spls_predictor.h"
#include "sram/sram.h"
#include "tlm/bind.h"
#include "vector_unit/vector_unit.h"

namespace esact {

/// The blocks and their links. The csr and dma blocks share their names with the sockets they stand behind.
struct Esact::Blocks {
  Clock clock;
  Csr csr;
  Scheduler scheduler;
  Dma dma;
  HlogQuantizer hlog_quantizer;
  SplsPredictor spls_predictor;
  SparseAttentionEngine sparse_attention_engine;
  FfnArray ffn_array;
  MacArray mac_array;
  VectorUnit vector_unit;
  Sram sram;
  Links links;

  Blocks(const EsactConfig& config, TransactionListener* listener)
      : clock(config.clock_ps),
        csr("csr_block", config.tlm, clock),
        scheduler("scheduler", config, clock),
        dma("dma_block", config.dma, config.tlm, clock),
        hlog_quantizer("hlog_quantizer", config.tlm, clock),
        spls_predictor("spls_predictor", config.predictor, config.tlm, clock),
        sparse_attention_engine("sparse_attention_engine", config.engine, config.scheduler.heads_in_flight, config.tlm,
                                clock),
        ffn_array("ffn_array", config.ffn_array, config.tlm, clock),
        mac_array("mac_array", config.mac_array, config.tlm, clock),
        vector_unit("vector_unit", config.vector_unit, config.tlm, clock),
        sram("sram", config.sram, config.tlm, clock),
        links(config.tlm, clock, listener) {
    links.bind(csr.command, scheduler.command);
    links.bind(scheduler.status, csr.status);
    links.bind(scheduler.memory, sram.memory);
    links.bind(scheduler.dma, dma.command);
    links.bind(scheduler.spls_predictor, spls_predictor.command);
    links.bind(scheduler.sparse_attention_engine, sparse_attention_engine.command);
    links.bind(scheduler.windows, sparse_attention_engine.windows);
    links.bind(scheduler.ffn_array, ffn_array.command);
    links.bind(scheduler.vector_unit, vector_unit.command);
    links.bind(dma.memory, sram.memory);
    links.bind(spls_predictor.dma, dma.command);
    links.bind(sparse_attention_engine.dma, dma.command);
    links.bind(spls_predictor.operands, hlog_quantizer.operands);
    links.bind(hlog_quantizer.memory, sram.memory);
    links.bind(spls_predictor.memory, sram.memory);
    links.bind(spls_predictor.windows, sparse_attention_engine.windows);
    links.bind(sparse_attention_engine.memory, sram.memory);
    links.bind(sparse_attention_engine.tasks, mac_array.command);
    links.bind(sparse_attention_engine.vector, vector_unit.command);
    links.bind(ffn_array.memory, sram.memory);
    links.bind(ffn_array.tasks, mac_array.command);
    links.bind(ffn_array.vector, vector_unit.command);
    for (InitiatorPort& group : mac_array.memory) links.bind(group, sram.memory);
    links.bind(mac_array.result, sram.memory);
    links.bind(vector_unit.memory, sram.memory);
  }

  /// Calls visit(name, block) for every block that keeps a ledger, in the order in which data flows.
  template <class Visitor>
  void for_each(Visitor visit) const {
    visit("csr", csr);
    visit("scheduler", scheduler);
    visit("dma", dma);
    visit("hlog_quantizer", hlog_quantizer);
    visit("spls_predictor", spls_predictor);
    visit("sparse_attention_engine", sparse_attention_engine);
    visit("ffn_array", ffn_array);
    visit("mac_array", mac_array);
    visit("vector_unit", vector_unit);
  }
};

Esact::Esact(sc_core::sc_module_name name, const EsactConfig& config, TransactionListener* listener)
    : sc_module(name),
      csr("csr"),
      dma("dma"),
      irq("irq"),
      reset("reset"),
      config_(checked(config, this->name())),
      blocks_(std::make_unique<Blocks>(config, listener)) {
  SC_HAS_PROCESS(Esact);
  csr.bind(blocks_->csr.csr);
  blocks_->dma.dma.bind(dma);
  blocks_->csr.irq.bind(irq);
  SC_METHOD(on_reset);
  sensitive << reset.pos();
  dont_initialize();
}

Esact::~Esact() = default;

void Esact::on_reset() {
  blocks_->csr.soft_reset();
}

tlm::tlm_analysis_port<Completion>& Esact::completions() {
  return blocks_->scheduler.completions;
}

tlm::tlm_analysis_port<sc_core::sc_time>& Esact::doorbells() {
  return blocks_->csr.doorbells;
}

void Esact::bind_tensors(tlm::tlm_analysis_if<TensorRows>& listener) {
  blocks_->scheduler.tensors.bind(listener);
  blocks_->spls_predictor.tensors.bind(listener);
  blocks_->sparse_attention_engine.tensors.bind(listener);
  blocks_->vector_unit.tensors.bind(listener);
}

std::vector<BlockStatus> Esact::blocks() const {
  std::vector<BlockStatus> status;
  blocks_->for_each([&](const char* block, const auto& model) {
    status.push_back({block, model.ledger().units(), config_.clock_ps, model.ledger().totals()});
  });
  status.push_back({"sram", blocks_->sram.units(), config_.clock_ps, blocks_->sram.totals()});
  return status;
}

EventCounts Esact::counts() const {
  EventCounts total = blocks_->sram.counts();
  blocks_->for_each([&](const char*, const auto& model) { total += model.counts(); });
  return total;
}

PagePoolStatistics Esact::pages() const {
  return blocks_->scheduler.pages().statistics();
}

}  // namespace esact
