#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "scheduler/parameter_layout.h"
#include "scheduler/sram_space.h"
#include "scheduler/task_group.h"

namespace esact {

/// Loads weight tiles in the order of use, some ahead. Whoever uses the stream takes every tile, or abandons the rest,
/// and then calls `finish`; `feed` sees to that.
class WeightStream {
 public:
  /// A tile in SRAM, given back with the last copy of the pointer to it.
  struct Tile {
    SramBuffer buffer;
    Latch loaded;
  };
  /// Moves a section of the parameter block to an SRAM address; throws LayerError.
  using Load = std::function<void(const Section& section, std::uint64_t sram_address)>;

  /// `sections`: the tiles in order; `tiles`: how many may be in SRAM at a time.
  WeightStream(TaskPool& pool, SramSpace& space, std::vector<Section> sections, std::uint32_t tiles, Load load);

  /// Runs `issue`, which takes the tiles in order and starts the tasks that use them in `tasks`, and makes the calling
  /// thread wait for all of them; throws the first LayerError of any when nothing runs any more.
  void feed(TaskGroup& tasks, std::function<void()> issue);

  /// Makes the calling thread wait for the next tile's buffer; its data is there when `loaded` opens.
  std::shared_ptr<Tile> next();

  /// Stops loading and drops what nobody has taken.
  void abandon();

  /// Makes the calling thread wait until nothing of the stream runs.
  void finish() { loader_.wait(); }

 private:
  void load_all();
  std::shared_ptr<Tile> make_tile();

  SramSpace& space_;
  std::vector<Section> sections_;
  std::uint64_t largest_ = 0;  ///< bytes of every buffer
  std::uint32_t free_;
  Load load_;
  bool abandoned_ = false;
  std::deque<std::shared_ptr<Tile>> ready_;
  sc_core::sc_event changed_;
  TaskPool& pool_;
  TaskGroup loader_;
};

}  // namespace esact
