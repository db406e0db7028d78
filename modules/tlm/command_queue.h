#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <list>
#include <type_traits>

#include "tlm/phased_target.h"

namespace esact {

/// Bounded queue of command records behind a multi target socket. Both transport interfaces feed it, and an
/// initiator's transaction ends when the block completes the command.
///
/// A command is a write of sizeof(Record) bytes at address 0; anything else is answered at once with the response of
/// IEEE 1666 clause 14.17. `depth` bounds the commands that wait, not those taken; beyond it commands stand outside in
/// the order of their arrival: b_transport callers block, non-blocking initiators get no END_REQ.
template <class Record>
class CommandQueue : public PhasedTarget {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  /// A command from its arrival until it is completed.
  class Command {
   public:
    Command(const Record& copy, const sc_core::sc_time& at) : record(copy), arrival(at) {}

    const Record record;
    const sc_core::sc_time arrival;

   private:
    friend class CommandQueue;
    Request request;  // payload null: b_transport
    bool done = false;
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
    sc_core::sc_event completed;
  };

  CommandQueue(const char* name, std::size_t depth) : PhasedTarget(name), depth_(depth) {}

  /// No command waits.
  bool empty() const { return waiting_.empty(); }

  /// Notified, one delta cycle later, whenever a command begins to wait.
  const sc_core::sc_event& arrived() const { return arrived_; }

  /// The commands that wait, oldest first.
  const std::deque<Command*>& waiting() const { return waiting_; }

  /// The oldest command that waits; the queue must not be empty.
  Command* front() const { return waiting_.front(); }

  /// Takes the oldest command, waiting for one if there is none.
  Command* take() {
    wait_for_command();
    return take(waiting_.front());
  }

  /// Takes the least command by less(const Command&, const Command&), the oldest of equals, waiting for one if there
  /// is none.
  template <class Less>
  Command* take_first(Less less) {
    wait_for_command();
    return take(*std::min_element(waiting_.begin(), waiting_.end(),
                                  [&](const Command* left, const Command* right) { return less(*left, *right); }));
  }

  /// Takes this one of the commands that wait.
  Command* take(Command* command) {
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), command));
    admit();
    return command;
  }

  /// Ends a command that was taken: its initiator gets `status`. The command is gone afterwards.
  void complete(Command* command, tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE) {
    command->status = status;
    if (command->request.payload == nullptr) {
      command->done = true;
      command->completed.notify();
      return;
    }
    command->request.payload->set_response_status(status);
    respond(command->request, sc_core::sc_time_stamp());
    forget(command);
  }

  const char* kind() const override { return "esact::CommandQueue"; }

 private:
  static tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) {
    if (payload.get_command() != tlm::TLM_WRITE_COMMAND) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (payload.get_address() != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
    if (payload.get_data_length() != sizeof(Record)) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (payload.get_streaming_width() < sizeof(Record)) return tlm::TLM_BURST_ERROR_RESPONSE;
    return tlm::TLM_OK_RESPONSE;
  }

  Command& arrive(const tlm::tlm_generic_payload& payload, const Request& request) {
    Record record;
    std::memcpy(&record, payload.get_data_ptr(), sizeof(Record));
    Command& command = commands_.emplace_back(record, sc_core::sc_time_stamp());
    command.request = request;
    outside_.push_back(&command);
    admit();
    return command;
  }

  void admit() {
    while (!outside_.empty() && waiting_.size() < depth_) {
      Command* command = outside_.front();
      outside_.pop_front();
      waiting_.push_back(command);
      arrived_.notify(sc_core::SC_ZERO_TIME);
      if (command->request.payload != nullptr) accept(command->request);
    }
  }

  void wait_for_command() {
    while (waiting_.empty()) sc_core::wait(arrived_);
  }

  void forget(const Command* command) {
    commands_.erase(std::find_if(commands_.begin(), commands_.end(),
                                 [&](const Command& candidate) { return &candidate == command; }));
  }

  void block(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    consume(delay);
    tlm::tlm_response_status status = check(payload);
    if (status == tlm::TLM_OK_RESPONSE) {
      Command& command = arrive(payload, {});
      while (!command.done) sc_core::wait(command.completed);
      status = command.status;
      forget(&command);
    }
    payload.set_response_status(status);
  }

  void request(const Request& request) override {
    const tlm::tlm_response_status status = check(*request.payload);
    if (status == tlm::TLM_OK_RESPONSE) {
      arrive(*request.payload, request);
      return;
    }
    request.payload->set_response_status(status);
    accept(request);
    respond(request, sc_core::sc_time_stamp());
  }

  void finish(const Request&) override {}
  unsigned debug(tlm::tlm_generic_payload&) override { return 0; }

  std::size_t depth_;
  std::list<Command> commands_;
  std::deque<Command*> outside_;
  std::deque<Command*> waiting_;
  sc_core::sc_event arrived_;
};

}  // namespace esact
