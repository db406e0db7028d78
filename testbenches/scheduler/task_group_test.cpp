#include "scheduler/task_group.h"

#include <catch2/catch.hpp>
#include <string>
#include <systemc>

#include "scheduler/sram_space.h"
#include "scheduler/weight_stream.h"
#include "sram/sram.h"
#include "tlm/bind.h"

namespace esact {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

/// Runs `body` as a SystemC thread to its end.
void simulate(const std::function<void()>& body) {
  bool ended = false;
  sc_core::sc_spawn([&] {
    body();
    ended = true;
  });
  sc_core::sc_start(sc_time(1, sc_core::SC_MS));
  CHECK(ended);
}

/// An SRAM of eight pages and the scheduler's view of it.
struct Memory : sc_core::sc_module {
  Clock clock{2000};
  SramConfig config = [] {
    SramConfig small;
    small.bytes = 8 * kPageBytes;
    return small;
  }();
  Sram sram{"sram", config, TlmConfig{}, clock};
  InitiatorPort port{"port", TlmConfig{}, clock};
  Links links{TlmConfig{}, clock};
  SramSpace space{config, port};

  explicit Memory(const sc_core::sc_module_name& name) : sc_module(name) { links.bind(port, sram.memory); }
};

}  // namespace

TEST_CASE("A group waits for all its tasks and throws the first error when all have ended") {
  simulate([] {
    std::string log;
    TaskPool pool;
    TaskGroup group(pool);
    group.run([&] {
      sc_core::wait(20, SC_NS);
      log += "a";
    });
    group.run([&] {
      sc_core::wait(10, SC_NS);
      throw LayerError{ErrorCode::kBusError, 7};
    });
    group.run([&] {
      sc_core::wait(15, SC_NS);
      throw LayerError{ErrorCode::kOverflow, 8};
    });
    LayerError caught;
    try {
      group.wait();
    } catch (const LayerError& error) {
      caught = error;
    }
    CHECK(caught.code == ErrorCode::kBusError);
    CHECK(caught.address == 7);
    CHECK(log == "a");
    CHECK(sc_core::sc_time_stamp() == sc_time(20, SC_NS));
  });
}

TEST_CASE("A pool runs tasks at once, keeps their processes, and lets go of what a task owns when it ends") {
  simulate([] {
    TaskPool pool;
    sc_core::sc_process_handle first, second;
    auto owned = std::make_shared<int>();
    pool.run([&, owned] { first = sc_core::sc_get_current_process_handle(); });
    sc_core::wait(1, SC_NS);
    CHECK(owned.use_count() == 1);
    int running = 0, most = 0;
    for (int task = 0; task < 3; ++task) {
      pool.run([&, task] {
        if (task == 0) second = sc_core::sc_get_current_process_handle();
        most = std::max(most, ++running);
        sc_core::wait(5, SC_NS);
        --running;
      });
    }
    sc_core::wait(4, SC_NS);
    CHECK(most == 3);
    sc_core::wait(2, SC_NS);
    CHECK(running == 0);
    CHECK(first == second);
    CHECK(sc_core::sc_time_stamp() == sc_time(7, SC_NS));
  });
}

TEST_CASE("A latch opens after its arrivals, or throws its error at everybody") {
  simulate([] {
    Latch open(2), failed;
    int passed = 0, thrown = 0;
    TaskPool pool;
    TaskGroup group(pool);
    for (int i = 0; i < 2; ++i) {
      group.run([&] {
        open.wait();
        CHECK(sc_core::sc_time_stamp() == sc_time(10, SC_NS));
        ++passed;
        try {
          failed.wait();
        } catch (const LayerError&) {
          ++thrown;
        }
      });
    }
    open.arrive();
    sc_core::wait(10, SC_NS);
    open.arrive();
    sc_core::wait(10, SC_NS);
    failed.fail({ErrorCode::kBusError, 1});
    group.wait();
    CHECK(passed == 2);
    CHECK(thrown == 2);
  });
}

TEST_CASE("An allocation waits until enough pages have been given back, and buffers give them back by themselves") {
  Memory memory("memory");
  simulate([&] {
    auto first = std::make_unique<SramBuffer>(memory.space.allocate(5 * kPageBytes));
    SramBuffer second = memory.space.allocate(3 * kPageBytes);
    TaskPool pool;
    TaskGroup group(pool);
    sc_time allocated;
    group.run([&] {
      const SramBuffer third = memory.space.allocate(4 * kPageBytes);
      allocated = sc_core::sc_time_stamp();
      const std::uint32_t value = 42;
      std::uint32_t read = 0;
      memory.port.write(third.address() + 4 * kPageBytes - 4, &value, sizeof value);
      memory.port.read(third.address() + 4 * kPageBytes - 4, &read, sizeof read);
      CHECK(read == value);
    });
    sc_core::wait(100, SC_NS);
    second.shrink(1);  // two pages: not enough
    sc_core::wait(100, SC_NS);
    CHECK(allocated == sc_core::SC_ZERO_TIME);
    const sc_time freed = sc_core::sc_time_stamp();
    first.reset();
    group.wait();
    CHECK(allocated >= freed);
    CHECK(memory.space.pool().statistics().pages_in_use == 1);
    CHECK(memory.space.allocate(0).address() == kNoAddress);
  });
}

TEST_CASE("Buffers that are allocated together hold nothing while they wait") {
  Memory memory("memory");
  simulate([&] {
    auto other = std::make_unique<SramBuffer>(memory.space.allocate(5 * kPageBytes));
    TaskPool pool;
    TaskGroup group(pool);
    bool allocated = false;
    group.run([&] {
      const auto buffers = memory.space.allocate_together({2 * kPageBytes, 0, 2 * kPageBytes});
      CHECK(buffers.size() == 3);
      CHECK(buffers[1].address() == kNoAddress);
      CHECK(memory.space.pool().statistics().pages_in_use == 4);
      allocated = true;
    });
    sc_core::wait(100, SC_NS);
    CHECK(memory.space.pool().statistics().pages_in_use == 5);
    CHECK_FALSE(allocated);
    other.reset();
    group.wait();
    CHECK(allocated);
    CHECK(memory.space.pool().statistics().pages_in_use == 0);
  });
}

TEST_CASE("Weight tiles come in order, no more at a time than there are buffers") {
  Memory memory("memory");
  simulate([&] {
    std::vector<std::uint64_t> loaded;
    std::size_t in_flight = 0, most = 0;
    TaskPool pool;
    WeightStream stream(pool, memory.space, {{0, 100}, {100, 4097}, {5000, 1}, {6000, 64}}, 2,
                        [&](const Section& section, std::uint64_t) {
                          most = std::max(most, ++in_flight);
                          sc_core::wait(50, SC_NS);
                          loaded.push_back(section.offset);
                        });
    for (int tile = 0; tile < 4; ++tile) {
      auto taken = stream.next();
      taken->loaded.wait();
      sc_core::wait(10, SC_NS);
      --in_flight;
    }
    stream.finish();
    CHECK(loaded == std::vector<std::uint64_t>{0, 100, 5000, 6000});
    CHECK(most == 2);
    CHECK(memory.space.pool().statistics().pages_in_use == 0);
    CHECK(memory.space.pool().statistics().high_water_pages == 4);
  });
}

TEST_CASE("A stream whose loads fail tells those who wait, and ends when it is abandoned") {
  Memory memory("memory");
  simulate([&] {
    TaskPool pool;
    WeightStream stream(pool, memory.space, {{0, 64}, {64, 64}, {128, 64}}, 1,
                        [](const Section& section, std::uint64_t) {
                          throw LayerError{ErrorCode::kBusError, section.offset};
                        });
    CHECK_THROWS_AS(stream.next()->loaded.wait(), LayerError);
    stream.abandon();
    stream.finish();
    CHECK(memory.space.pool().statistics().pages_in_use == 0);
  });
}

}  // namespace esact
