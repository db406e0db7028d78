#include "scheduler/scheduler.h"

#include "esact_interface/registers.h"
#include "scheduler/descriptor_check.h"
#include "scheduler/layer_run.h"

namespace esact {
namespace {

constexpr std::size_t kWriteBack = offsetof(Descriptor, status);
constexpr std::size_t kWriteBackBytes = offsetof(Descriptor, reserved1) - kWriteBack;
constexpr std::size_t kDoorbells = 4;

}  // namespace

Scheduler::Scheduler(sc_core::sc_module_name name, const EsactConfig& config, const Clock& clock)
    : sc_module(name),
      command("command", kDoorbells),
      status("status", config.tlm, clock),
      memory("memory", config.tlm, clock, config.sram.bank_bytes),
      dma("dma", config.tlm, clock),
      spls_predictor("spls_predictor", config.tlm, clock),
      sparse_attention_engine("sparse_attention_engine", config.tlm, clock),
      windows("windows", config.tlm, clock),
      ffn_array("ffn_array", config.tlm, clock),
      vector_unit("vector_unit", config.tlm, clock),
      tensors("tensors"),
      completions("completions"),
      config_(config),
      clock_(clock),
      ledger_(clock, 1),
      space_(config.sram, memory) {
  SC_HAS_PROCESS(Scheduler);
  SC_THREAD(serve);
}

void Scheduler::serve() {
  staging_ = space_.allocate(kDescriptorBytes);
  while (true) {
    take_command();
    while (!in_error_ && head_ != ring_.tail) {
      ledger_.enter(0, UnitState::kBusy);
      run_descriptor();
      ledger_.enter(0, UnitState::kIdle);
      while (!command.empty()) take_command();
    }
  }
}

void Scheduler::take_command() {
  auto* received = command.take();
  const DoorbellRecord record = received->record;
  if (record.kind == DoorbellKind::kReset) {
    ring_ = {};
    head_ = 0;
    in_error_ = false;
  } else {
    if (head_ == ring_.tail) since_ = clock_.cycle(received->arrival);
    ring_ = record;
  }
  command.complete(received);
}

void Scheduler::run_descriptor() {
  Descriptor descriptor;
  LayerError error;
  if (ring_.tail - head_ > ring_.entries) {
    error = {ErrorCode::kBadRing, ring_.ring_base};
  } else {
    try {
      fetch(descriptor);
      run_layer(descriptor);
    } catch (const LayerError& caught) {
      error = caught;
    }
  }
  finish(descriptor, error);
}

void Scheduler::run_layer(Descriptor& descriptor) {
  check_descriptor(descriptor);
  const std::vector<std::uint32_t> sequences = fetch_sequences(descriptor);
  check_sequences(descriptor, sequences);
  const LayerWork work = layer_work(descriptor, sequences);
  const LayerPlan plan = plan_layer(work, config_);
  check_memory(descriptor, work, plan, config_.sram.bytes);
  clock_.wait(config_.scheduler.ring_fetch_cycles);
  const LayerPorts ports{tasks_,  space_,    memory,      dma,    spls_predictor, sparse_attention_engine,
                         windows, ffn_array, vector_unit, tensors};
  esact::run_layer(ports, config_, descriptor, work, plan);
}

void Scheduler::load(std::uint64_t system_address, std::uint64_t bytes) {
  const DmaCommand load{DmaDirection::kToSram, 0, system_address, staging_.address(), bytes};
  if (dma.try_send(load) != tlm::TLM_OK_RESPONSE) throw LayerError{ErrorCode::kBusError, system_address};
}

void Scheduler::fetch(Descriptor& descriptor) {
  load(descriptor_address(), kDescriptorBytes);
  memory.read(staging_.address(), &descriptor, sizeof descriptor);
}

std::vector<std::uint32_t> Scheduler::fetch_sequences(const Descriptor& descriptor) {
  std::vector<std::uint32_t> sequences(descriptor.sequences);
  const std::size_t bytes = sequences.size() * sizeof(std::uint32_t);
  load(descriptor.sequence_table, bytes);
  memory.read(staging_.address(), sequences.data(), bytes);
  return sequences;
}

void Scheduler::finish(Descriptor& descriptor, const LayerError& error) {
  const bool failed = error.code != ErrorCode::kNone;
  descriptor.status = static_cast<std::uint32_t>(failed ? DescriptorStatus::kError : DescriptorStatus::kDone);
  descriptor.error_code = static_cast<std::uint32_t>(error.code);
  descriptor.error_address = error.address;
  descriptor.cycles = clock_.cycle(sc_core::sc_time_stamp()) - since_;
  memory.write(staging_.address(), reinterpret_cast<const std::uint8_t*>(&descriptor) + kWriteBack, kWriteBackBytes);
  const DmaCommand write_back{DmaDirection::kToSystem, 0, descriptor_address() + kWriteBack, staging_.address(),
                              kWriteBackBytes};
  StatusRecord record;
  record.error_code = descriptor.error_code;
  record.error_index = head_;
  record.error_address = error.address;
  if (dma.try_send(write_back) != tlm::TLM_OK_RESPONSE && !failed) {
    record.error_code = static_cast<std::uint32_t>(ErrorCode::kBusError);
    record.error_address = descriptor_address();
  }
  Clock::wait_until(clock_.edge(sc_core::sc_time_stamp()));
  since_ = clock_.cycle(sc_core::sc_time_stamp());
  completions.write({head_, descriptor});

  in_error_ = record.error_code != 0;
  if (in_error_) record.status |= registers::kStatusError | registers::kStatusInterrupt;
  if ((descriptor.flags & descriptor_flags::kInterrupt) != 0) record.status |= registers::kStatusInterrupt;
  if (!in_error_) ++head_;
  if (!in_error_ && head_ != ring_.tail) record.status |= registers::kStatusBusy;
  record.head = head_;
  status.send(record);
}

std::uint64_t Scheduler::descriptor_address() const {
  return ring_.ring_base + std::uint64_t{head_ % ring_.entries} * kDescriptorBytes;
}

}  // namespace esact
