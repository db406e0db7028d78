#include "esact_dram/esact_dram.h"

#include <stdexcept>
#include <utility>

#include "dram/timed_dram.h"

namespace esact {

struct EsactDram::Model {
  TimedDram dram;

  Model(const DramTable& table, const TimedDramConfig& config) : dram("dram", table, config) {}
};

namespace {

DramTable table_of(const EsactDramConfig& config) {
  return config.table.empty() ? dram_table(config.preset) : parse_dram_table(config.table, "table");
}

}  // namespace

EsactDram::EsactDram(const sc_core::sc_module_name& name, const EsactDramConfig& config)
    : sc_module(name), memory("memory") {
  TimedDramConfig timed;
  timed.bytes = config.bytes;
  timed.controller = config.controller;
  timed.direct_access = config.direct_access;
  try {
    model_ = std::make_unique<Model>(table_of(config), timed);
  } catch (const std::invalid_argument& problem) {
    SC_REPORT_ERROR("esact/dram", (std::string(this->name()) + ": " + problem.what()).c_str());
    return;
  }
  memory.bind(model_->dram.memory);
}

EsactDram::~EsactDram() = default;

std::uint64_t EsactDram::bytes() const {
  return model_->dram.bytes().capacity();
}

sc_core::sc_time EsactDram::clock_period() const {
  return Clock(model_->dram.table().clock_ps).cycles(1);
}

std::vector<DramFigure> EsactDram::figures() const {
  return dram_figures(model_->dram.controller_statistics(), model_->dram.table());
}

void EsactDram::record_commands(std::function<void(const DramCommandRecord&)> log) {
  model_->dram.record_commands(std::move(log));
}

}  // namespace esact
