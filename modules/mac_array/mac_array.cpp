#include "mac_array/mac_array.h"

#include <algorithm>

#include "mac_array/timing.h"

namespace esact {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

/// A command that has left the queue.
struct MacArray::Job {
  Command* command = nullptr;
  Priority priority;
  std::uint32_t slots = 0;
  std::uint32_t taken_slots = 0;
  std::uint32_t finished_slots = 0;
  MatrixOperands operands;
  bool lists_loaded = false;
  bool malformed = false;      ///< its lists make no sense
  std::vector<bool> b_passed;  ///< per slot: its share of B has passed
  std::uint32_t stream_leader =
      0;  ///< first slot that started together with the latest one; the others share its stream
  sc_time stream_start;
  sc_core::sc_event progress;  ///< lists loaded, or B passed

  const MatrixCommand& record() const { return command->record; }
};

MacArray::MacArray(sc_core::sc_module_name name, const MacArrayConfig& config, const TlmConfig& tlm, const Clock& clock)
    : sc_module(name),
      command("command", config.queue_depth),
      memory("memory", config.groups,
             [&](const char* port, std::size_t) { return new InitiatorPort(port, tlm, clock, config.port_bytes); }),
      result("result", tlm, clock, config.port_bytes),
      config_(config),
      clock_(clock),
      allocation_(make_allocation(config)),
      free_since_(config.groups, sc_core::sc_max_time()),
      ledger_(clock, config.groups) {
  if (config.groups == 0 || config.lines == 0 || config.lines % config.groups != 0) {
    SC_REPORT_FATAL(this->name(), "mac_array.groups must divide mac_array.lines");
  }
  SC_HAS_PROCESS(MacArray);
  SC_METHOD(note_arrivals);
  sensitive << command.arrived();
  dont_initialize();
  SC_THREAD(drain);
  for (std::size_t group = 0; group < config.groups; ++group) {
    sc_core::sc_spawn([this, group] { serve(group); }, ("serve_" + std::to_string(group)).c_str());
  }
}

MacArray::~MacArray() = default;

/// What has arrived is looked at at the next edge.
void MacArray::note_arrivals() {
  ready_.notify(clock_.cycles(clock_.cycle(sc_time_stamp()) + 1) - sc_time_stamp());
}

void MacArray::serve(std::size_t group) {
  for (;;) {
    Job& job = next_job(group);
    const std::uint32_t slot = job.taken_slots++;
    if (job.taken_slots == job.slots) {
      open_jobs_.erase(std::find(open_jobs_.begin(), open_jobs_.end(), &job));
      taken_.notify(sc_core::SC_ZERO_TIME);
    }
    run(group, job, slot);
    if (++job.finished_slots == job.slots) {
      finished_jobs_.push_back(&job);
      finished_.notify(sc_core::SC_ZERO_TIME);
    }
  }
}

MacArray::Job& MacArray::next_job(std::size_t group) {
  for (;;) {
    if (Job* job = first_job(group)) return *job;
    ledger_.enter(group, work_waits() ? UnitState::kInput : UnitState::kIdle);
    sc_core::wait(ready_ | taken_);
  }
}

/// The first job the group may work on, opened if need be; null if there is none.
MacArray::Job* MacArray::first_job(std::size_t group) {
  Job* first = nullptr;
  for (Job* job : open_jobs_) {
    if (allocation_->allows(job->record(), group) && (!first || job->priority < first->priority)) first = job;
  }
  while (Command* ready = first_ready(group)) {
    if (first && first->priority <= ready_order(*ready, clock_)) break;
    if (Job* job = open(ready)) return job;
  }
  return first;
}

MacArray::Command* MacArray::first_ready(std::size_t group) const {
  Command* first = nullptr;
  for (Command* waiting : command.waiting()) {
    if (!is_ready(*waiting, clock_) || !allocation_->allows(waiting->record, group)) continue;
    if (!first || ready_order(*waiting, clock_) < ready_order(*first, clock_)) first = waiting;
  }
  return first;
}

bool MacArray::work_waits() const {
  const auto& waiting = command.waiting();
  return !open_jobs_.empty() ||
         std::any_of(waiting.begin(), waiting.end(), [&](auto* w) { return is_ready(*w, clock_); });
}

/// Takes a command out of the queue; null if there is nothing to compute, and the command is then complete.
MacArray::Job* MacArray::open(Command* first) {
  command.take(first);
  taken_.notify(sc_core::SC_ZERO_TIME);
  const MatrixCommand& record = first->record;
  if (!is_valid(record) || record.rows == 0) {
    command.complete(first, is_valid(record) ? tlm::TLM_OK_RESPONSE : tlm::TLM_COMMAND_ERROR_RESPONSE);
    return nullptr;
  }
  if (free_jobs_.empty()) {
    jobs_.push_back(std::make_unique<Job>());
    free_jobs_.push_back(jobs_.back().get());
  }
  Job& job = *free_jobs_.back();
  free_jobs_.pop_back();
  job.command = first;
  job.priority = ready_order(*first, clock_);
  job.slots = mac_array_timing::slot_count(config_, record);
  job.taken_slots = job.finished_slots = 0;
  job.lists_loaded = job.malformed = false;
  job.b_passed.assign(job.slots, false);
  open_jobs_.push_back(&job);
  return &job;
}

void MacArray::run(std::size_t group, Job& job, std::uint32_t slot) {
  const sc_time start = sc_time_stamp();
  const bool was_idle = free_since_[group] != start;
  if (slot == 0 || job.stream_start != start) {
    job.stream_leader = slot;
    job.stream_start = start;
  }
  const std::uint32_t leader = job.stream_leader;
  ledger_.enter(group, UnitState::kBusy);
  load_lists(group, job, slot);
  if (job.malformed) return;
  read_a(memory[group], job.record(), mac_array_timing::rows_of_slot(config_, job.record(), slot), job.operands);
  load_b(group, job, slot, leader);

  const sc_time compute_end = start + clock_.cycles(slot_cycles(job, slot) + (was_idle ? config_.pipeline_cycles : 0));
  Clock::wait_until(compute_end);
  clock_.wait(0);
  if (sc_time_stamp() > compute_end) ledger_.enter(group, UnitState::kSram, compute_end);
  free_since_[group] = sc_time_stamp();
}

/// The first slot reads the lists, the others wait for them.
void MacArray::load_lists(std::size_t group, Job& job, std::uint32_t slot) {
  if (slot != 0) {
    while (!job.lists_loaded) sc_core::wait(job.progress);
    return;
  }
  const MatrixCommand& record = job.record();
  job.malformed = !read_lists(memory[group], record, job.operands);
  if (!job.malformed) {
    const bool context = record.kind == MatrixKind::kContext;
    job.operands.a.resize(context ? job.operands.entries() : std::size_t{record.rows} * record.depth);
  }
  job.lists_loaded = true;
  job.progress.notify(sc_core::SC_ZERO_TIME);
}

/// The first slot reads B, later ones pass over the port what no slot since `leader`, which started in the same cycle,
/// asked for. Returns when all the slot needs has passed.
void MacArray::load_b(std::size_t group, Job& job, std::uint32_t slot, std::uint32_t leader) {
  const MatrixCommand& record = job.record();
  if (slot == 0) {
    read_b(memory[group], record, job.operands);
  } else if (leader != 0) {
    using mac_array_timing::RowRange;
    const auto rows = [&](std::uint32_t index) { return mac_array_timing::rows_of_slot(config_, record, index); };
    if (mac_array_timing::has_lists(record.kind)) {
      const RowRange covered{rows(leader).first, rows(slot).first};
      stream_b(memory[group], record, mac_array_timing::new_keys(record, job.operands.lists, rows(slot), covered));
    } else if (slot == leader) {
      stream_b(memory[group], record, record.depth);
    }
  }
  job.b_passed[slot] = true;
  job.progress.notify(sc_core::SC_ZERO_TIME);
  for (std::uint32_t shared = leader; shared < slot; ++shared) {
    while (!job.b_passed[shared]) sc_core::wait(job.progress);
  }
}

std::uint64_t MacArray::slot_cycles(const Job& job, std::uint32_t slot) const {
  const MatrixCommand& record = job.record();
  if (!mac_array_timing::has_lists(record.kind)) return mac_array_timing::projection_cycles(record);
  return mac_array_timing::attention_cycles(record, job.operands.lists,
                                            mac_array_timing::rows_of_slot(config_, record, slot));
}

/// Computes finished commands, writes their results and completes them, one after another.
void MacArray::drain() {
  for (;;) {
    while (finished_jobs_.empty()) sc_core::wait(finished_);
    const auto first = std::min_element(finished_jobs_.begin(), finished_jobs_.end(),
                                        [](const Job* a, const Job* b) { return a->priority < b->priority; });
    Job& job = **first;
    finished_jobs_.erase(first);
    finish(job);
    free_jobs_.push_back(&job);
  }
}

void MacArray::finish(Job& job) {
  const MatrixCommand& record = job.record();
  if (job.malformed) return command.complete(job.command, tlm::TLM_COMMAND_ERROR_RESPONSE);
  c_.resize(result_size(record, job.operands));
  if (record.accumulate != 0) result.read(record.c, c_.data(), c_.size() * sizeof(std::int32_t));
  multiplier_.multiply(record, job.operands, c_.data());
  write_c(result, record, job.operands, c_);
  count_macs(record, job.operands, counts_);
  command.complete(job.command);
}

}  // namespace esact
