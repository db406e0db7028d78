#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <systemc>

#include "esact_interface/descriptor.h"
#include "scheduler/task_pool.h"

namespace esact {

/// Why a layer can't go on; ends up in the descriptor and in the error registers.
struct LayerError {
  ErrorCode code = ErrorCode::kNone;
  std::uint64_t address = 0;  ///< system address at fault, 0 if there is none
};

/// Processes that run at the same time on behalf of one: whoever starts them waits for all of them. A LayerError thrown
/// inside ends that task only; `wait` throws the first one when every task has ended, so that nothing is left running.
class TaskGroup {
 public:
  /// Tasks run in processes of `pool`, which outlives the group.
  explicit TaskGroup(TaskPool& pool) : pool_(pool) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` as a process of its own.
  void run(std::function<void()> task) {
    ++running_;
    pool_.run([this, task = std::move(task)]() mutable {
      try {
        task();
      } catch (const LayerError& error) {
        if (!error_) error_ = error;
      }
      task = nullptr;  // what it owns goes before the group is told
      --running_;
      ended_.notify();
    });
  }

  /// True once a task has thrown: nothing new should be started.
  bool failed() const { return error_.has_value(); }

  /// Makes the calling thread wait until at most `count` tasks run.
  void wait_until_running(std::size_t count) {
    while (running_ > count) sc_core::wait(ended_);
  }

  /// Makes the calling thread wait for all tasks; throws the first LayerError of any of them.
  void wait() {
    wait_until_running(0);
    if (error_) throw LayerError(*error_);
  }

 private:
  TaskPool& pool_;
  std::size_t running_ = 0;
  sc_core::sc_event ended_;
  std::optional<LayerError> error_;
};

/// A gate that opens once, after `count` arrivals, or fails, and then stays so.
class Latch {
 public:
  explicit Latch(std::size_t count = 1) : missing_(count) {}

  void arrive() {
    if (missing_ > 0 && --missing_ == 0) changed_.notify();
  }

  /// Those who wait get `error` thrown.
  void fail(const LayerError& error) {
    error_ = error;
    changed_.notify();
  }

  /// Runs `work` in the calling thread and arrives; where it throws a LayerError, fails with it.
  template <class Work>
  void arrive_after(Work work) {
    try {
      work();
    } catch (const LayerError& error) {
      fail(error);
      throw;
    }
    arrive();
  }

  /// Makes the calling thread wait until the gate is open.
  void wait() {
    while (missing_ > 0 && !error_) sc_core::wait(changed_);
    if (error_) throw LayerError(*error_);
  }

 private:
  std::size_t missing_;
  std::optional<LayerError> error_;
  sc_core::sc_event changed_;
};

}  // namespace esact
