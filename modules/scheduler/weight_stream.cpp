#include "scheduler/weight_stream.h"

#include <algorithm>

namespace esact {

WeightStream::WeightStream(TaskPool& pool, SramSpace& space, std::vector<Section> sections, std::uint32_t tiles,
                           Load load)
    : space_(space), sections_(std::move(sections)), free_(tiles), load_(std::move(load)), pool_(pool), loader_(pool) {
  for (const Section& section : sections_) largest_ = std::max(largest_, section.bytes);
  loader_.run([this] { load_all(); });
}

void WeightStream::feed(TaskGroup& tasks, std::function<void()> issue) {
  tasks.run([this, issue = std::move(issue)] {
    try {
      issue();
    } catch (const LayerError&) {
      abandon();
      throw;
    }
  });
  tasks.wait_until_running(0);
  if (tasks.failed()) abandon();
  finish();
  tasks.wait();
}

std::shared_ptr<WeightStream::Tile> WeightStream::next() {
  while (ready_.empty()) sc_core::wait(changed_);
  std::shared_ptr<Tile> tile = ready_.front();
  ready_.pop_front();
  return tile;
}

void WeightStream::abandon() {
  abandoned_ = true;
  ready_.clear();
  changed_.notify();
}

void WeightStream::load_all() {
  TaskGroup loads(pool_);
  for (const Section& section : sections_) {
    while (free_ == 0 && !abandoned_) sc_core::wait(changed_);
    if (abandoned_) break;
    std::shared_ptr<Tile> tile = make_tile();
    ready_.push_back(tile);
    changed_.notify();
    loads.run([this, section, tile] {
      try {
        load_(section, tile->buffer.address());
        tile->loaded.arrive();
      } catch (const LayerError& error) {
        tile->loaded.fail(error);
      }
    });
  }
  loads.wait();
}

std::shared_ptr<WeightStream::Tile> WeightStream::make_tile() {
  --free_;
  return {new Tile{space_.allocate(largest_), Latch()}, [this](Tile* gone) {
            delete gone;
            ++free_;
            changed_.notify();
          }};
}

}  // namespace esact
