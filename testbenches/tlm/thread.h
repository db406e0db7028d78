#pragma once

#include <functional>
#include <systemc>

namespace esact::test {

/// A module whose only process runs `body` once.
class Thread : public sc_core::sc_module {
 public:
  Thread(const sc_core::sc_module_name& name, std::function<void()> body)
      : sc_core::sc_module(name), body_(std::move(body)) {
    SC_HAS_PROCESS(Thread);
    SC_THREAD(run);
  }

  bool finished() const { return finished_; }

 private:
  void run() {
    body_();
    finished_ = true;
  }

  std::function<void()> body_;
  bool finished_ = false;
};

}  // namespace esact::test
