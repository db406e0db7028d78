#pragma once

#include <functional>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

namespace esact {

/// Processes that run tasks, kept from task to task: a new process costs the host a stack of its own (mmap, mprotect
/// and page faults), a fifth of the time of a layer of 128 tokens. As many as ever ran at a time.
class TaskPool {
 public:
  TaskPool() = default;
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// Runs `task` in a process of its own, from the current evaluation phase on.
  void run(std::function<void()> task) {
    if (idle_.empty()) {
      workers_.push_back(std::make_unique<Worker>());
      workers_.back()->task = std::move(task);
      sc_core::sc_spawn([this, worker = workers_.back().get()] { serve(*worker); });
      return;
    }
    Worker& worker = *idle_.back();
    idle_.pop_back();
    worker.task = std::move(task);
    worker.started.notify();
  }

 private:
  struct Worker {
    std::function<void()> task;
    sc_core::sc_event started;
  };

  void serve(Worker& worker) {
    for (;;) {
      std::exchange(worker.task, nullptr)();  // what it owns goes as soon as it ends
      idle_.push_back(&worker);
      sc_core::wait(worker.started);
    }
  }

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
};

}  // namespace esact
