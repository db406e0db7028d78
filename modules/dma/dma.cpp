#include "dma/dma.h"

#include <algorithm>
#include <string>

namespace esact {

namespace {

/// The system side sends a piece as one transaction in either mode.
TlmConfig whole_pieces(TlmConfig tlm, const DmaConfig& config) {
  tlm.burst_bytes = config.burst_bytes;
  return tlm;
}

}  // namespace

Dma::Dma(const sc_core::sc_module_name& name, const DmaConfig& config, const TlmConfig& tlm, const Clock& clock)
    : sc_core::sc_module(name),
      command("command", config.queue_depth),
      memory("memory", tlm, clock, config.port_bytes),
      dma("dma", whole_pieces(tlm, config), clock),
      config_(config),
      clock_(clock),
      ledger_(clock, config.outstanding),
      buffers_(config.outstanding, std::vector<std::uint8_t>(config.burst_bytes)) {
  for (std::size_t worker = 0; worker < config.outstanding; ++worker) {
    sc_core::sc_spawn([this, worker] { work(worker); }, ("worker_" + std::to_string(worker)).c_str());
  }
}

void Dma::work(std::size_t worker) {
  for (;;) {
    const Piece piece = take_piece(worker);
    land(piece, move(piece, worker));
  }
}

Dma::Piece Dma::take_piece(std::size_t worker) {
  const auto exhausted = [](const Transfer& transfer) {
    return transfer.taken_bytes == transfer.command->record.bytes || transfer.status != tlm::TLM_OK_RESPONSE;
  };
  while (transfers_.empty() || exhausted(transfers_.back())) {
    if (command.empty()) {
      ledger_.enter(worker, UnitState::kIdle);
      sc_core::wait(command.arrived());
    } else {
      begin(command.take());
    }
  }
  Transfer& transfer = transfers_.back();
  const DmaCommand& record = transfer.command->record;
  Piece piece{&transfer, record.system_address + transfer.taken_bytes, record.sram_address + transfer.taken_bytes};
  piece.bytes = std::min<std::uint64_t>(record.bytes - transfer.taken_bytes,
                                        config_.burst_bytes - piece.system_address % config_.burst_bytes);
  transfer.taken_bytes += piece.bytes;
  ++transfer.pieces;
  return piece;
}

void Dma::begin(Command* next) {
  if (next->record.bytes == 0) {
    command.complete(next);
  } else {
    transfers_.push_back({next});
  }
}

tlm::tlm_response_status Dma::move(const Piece& piece, std::size_t worker) {
  if (piece.transfer->command->record.direction == DmaDirection::kToSystem) {
    access_sram(tlm::TLM_READ_COMMAND, piece, worker);
    return access_system(tlm::TLM_WRITE_COMMAND, piece, worker);
  }
  const tlm::tlm_response_status status = access_system(tlm::TLM_READ_COMMAND, piece, worker);
  if (status == tlm::TLM_OK_RESPONSE) access_sram(tlm::TLM_WRITE_COMMAND, piece, worker);
  return status;
}

void Dma::access_sram(tlm::tlm_command direction, const Piece& piece, std::size_t worker) {
  ledger_.enter(worker, UnitState::kBusy);
  const sc_core::sc_time moved = sc_core::sc_time_stamp() + clock_.cycles(memory.wire_cycles(piece.bytes));
  std::uint8_t* data = buffers_[worker].data();
  if (direction == tlm::TLM_READ_COMMAND) {
    memory.read(piece.sram_address, data, piece.bytes);
  } else {
    memory.write(piece.sram_address, data, piece.bytes);
  }
  if (moved < sc_core::sc_time_stamp()) ledger_.enter(worker, UnitState::kSram, moved);
}

tlm::tlm_response_status Dma::access_system(tlm::tlm_command direction, const Piece& piece, std::size_t worker) {
  ledger_.enter(worker, UnitState::kDram);
  return dma.transport(direction, piece.system_address, buffers_[worker].data(), piece.bytes);
}

void Dma::land(const Piece& piece, tlm::tlm_response_status status) {
  Transfer& transfer = *piece.transfer;
  --transfer.pieces;
  if (status == tlm::TLM_OK_RESPONSE) {
    counts_.dma_bytes += piece.bytes;
  } else {
    if (error_address_ == kNoAddress) error_address_ = piece.system_address;
    if (transfer.status == tlm::TLM_OK_RESPONSE) transfer.status = status;
  }
  const bool failed = transfer.status != tlm::TLM_OK_RESPONSE;
  if (transfer.pieces > 0 || (!failed && transfer.taken_bytes < transfer.command->record.bytes)) return;
  command.complete(transfer.command, transfer.status);
  transfers_.remove_if([&](const Transfer& candidate) { return &candidate == &transfer; });
}

}  // namespace esact
