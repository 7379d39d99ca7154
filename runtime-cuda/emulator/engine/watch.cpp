#include "engine/watch.h"

#include <algorithm>

#include "engine/fault.h"
#include "engine/machine.h"
#include "engine/random.h"

namespace sigil::emulator {

bool kernels_are_watched = false;

namespace {

constexpr uint32_t granule_bytes = 2;
/// Writers that are no agents: nobody yet, and a copy under way.
constexpr uint32_t nobody = ~0u, copying = ~0u - 1;

void join(Seen& into, const Seen& from) {
  if (!from || into == from) return;
  if (!into) {
    into = from;
    return;
  }
  if (into.use_count() > 1) into = std::make_shared<std::vector<uint32_t>>(*into);
  auto& to = *into;
  if (to.size() < from->size()) to.resize(from->size());
  for (size_t i = 0; i < from->size(); i++) to[i] = std::max(to[i], (*from)[i]);
}

}  // namespace

void Watch::start(Machine& machine) {
  machine_ = &machine;
  now_ = 1;
  agents_ = static_cast<uint32_t>(machine.threads.size() + machine.warps.size());
  predecessors_ = new_agent();
  shadows_.resize(machine.blocks.size());
  const size_t granules =
      (machine.threads.front().shared_bytes + granule_bytes - 1) / granule_bytes;
  for (auto& shadow : shadows_) shadow.assign(granules, Shadow{0, nobody, 0, 0});
  sets_.assign(1, {});
  set_index_.clear();
  last_ = {};
  for (size_t i = 0; i < machine.threads.size(); i++) {
    machine.threads[i].watch = ThreadWatch();
    machine.threads[i].watch.agent = static_cast<uint32_t>(i);
    machine.threads[i].watch.time = now_;
  }
  for (size_t i = 0; i < machine.warps.size(); i++)
    machine.warps[i].agent = static_cast<uint32_t>(machine.threads.size() + i);
  for (Block& block : machine.blocks) block.generation = 0;
}

void Watch::learn(Seen& seen, uint32_t agent, uint32_t time) {
  if (!seen)
    seen = std::make_shared<std::vector<uint32_t>>();
  else if (seen.use_count() > 1)
    seen = std::make_shared<std::vector<uint32_t>>(*seen);
  if (seen->size() <= agent) seen->resize(std::max(agent + 1, agents_));
  (*seen)[agent] = std::max((*seen)[agent], time);
}

View Watch::view(const Thread& thread) const {
  return {thread.watch.seen, thread.watch.agent, thread.block_state->generation};
}

View Watch::view(const Warp& warp) const {
  View all{nullptr, warp.agent, warp.block_state->generation};
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    if (!(warp.all >> lane & 1)) continue;
    const ThreadWatch& watch = warp.lanes[lane]->watch;
    join(all.seen, watch.seen);
  }
  // What a lane did itself, the warp knows.
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    if (!(warp.all >> lane & 1)) continue;
    const ThreadWatch& watch = warp.lanes[lane]->watch;
    const_cast<Watch*>(this)->learn(all.seen, watch.agent, watch.time);
  }
  return all;
}

void Watch::release(Thread& thread, Seen& clock) {
  join(clock, thread.watch.seen);
  learn(clock, thread.watch.agent, thread.watch.time);
  thread.watch.time = tick();
}

void Watch::acquire(Thread& thread, const Seen& clock) {
  join(thread.watch.seen, clock);
  thread.watch.time = tick();
}

void Watch::sync_warp(Warp& warp) {
  std::vector<Thread*> lanes;
  for (uint32_t lane = 0; lane < warp_size; lane++) {
    if (warp.all >> lane & 1) lanes.push_back(warp.lanes[lane]);
  }
  sync_some(lanes);
}

void Watch::sync_some(const std::vector<Thread*>& threads) {
  Seen all;
  for (Thread* thread : threads) join(all, thread->watch.seen);
  for (Thread* thread : threads) learn(all, thread->watch.agent, thread->watch.time);
  for (Thread* thread : threads) {
    thread->watch.seen = all;
    thread->watch.time = tick();
  }
}

void Watch::sync_block(Block& block) {
  block.generation = tick();
  const bool alone = machine_->blocks.size() == 1;
  if (alone) {
    sets_.assign(1, {});
    set_index_.clear();
    last_ = {};
  }
  const uint32_t time = tick();
  for (uint32_t i = 0; i < block.thread_count; i++) {
    Thread& thread = machine_->threads[block.first_thread + i];
    thread.watch.time = time;
    if (alone) thread.watch.seen = nullptr;
  }
}

void Watch::fence(Thread& thread) {
  thread.watch.fence_time = thread.watch.time;
  thread.watch.fence = view(thread);
  thread.watch.time = tick();
}

void Watch::follow_predecessors(Thread& thread) {
  learn(thread.watch.seen, predecessors_, 1);
  if (thread.block_state->predecessor_time == 0) thread.block_state->predecessor_time = tick();
}

bool Watch::follows_predecessors(const Thread& thread) const {
  const Block& block = *thread.block_state;
  if (block.predecessor_time != 0 && block.predecessor_time < block.generation) return true;
  const Seen& seen = thread.watch.seen;
  return seen && predecessors_ < seen->size() && (*seen)[predecessors_] > 0;
}

Shadow& Watch::shadow(const Block& block, uint32_t granule) {
  return shadows_[block.rank][granule];
}

std::string Watch::name_of(uint32_t agent) const {
  const size_t threads = machine_->threads.size();
  if (agent < threads) return "thread " + std::to_string(machine_->threads[agent].thread);
  if (agent < threads + machine_->warps.size())
    return "the matrix unit of warp " + std::to_string(machine_->warps[agent - threads].index);
  return "a tensor_load";
}

uint32_t Watch::set_of(std::vector<Reader> readers) {
  uint64_t hash = readers.size();
  for (const auto& [agent, time] : readers)
    hash = mix(hash ^ (static_cast<uint64_t>(agent) << 32 | time));
  const auto [place, added] = set_index_.try_emplace(hash, static_cast<uint32_t>(sets_.size()));
  if (added) sets_.push_back(std::move(readers));
  return place->second;
}

uint32_t Watch::with_reader(const View& view, const Shadow& shadow, uint32_t agent, uint32_t time) {
  const uint32_t from = shadow.read_time < view.generation ? 0 : shadow.readers;
  if (last_.from == from && last_.agent == agent && last_.time == time) return last_.to;
  std::vector<Reader> readers;
  // Who knows this reader knows all that this reader knows.
  for (const Reader& reader : sets_[from]) {
    if (reader.first != agent && !view.knows(reader.first, reader.second))
      readers.push_back(reader);
  }
  readers.insert(std::lower_bound(readers.begin(), readers.end(), Reader{agent, 0}), {agent, time});
  last_ = {from, agent, time, set_of(std::move(readers))};
  return last_.to;
}

void Watch::read(uint32_t offset, uint32_t bytes, const char* what) {
  Thread& self = Machine::thread();
  const View known = view(self);
  for (uint32_t at = offset / granule_bytes; at * granule_bytes < offset + bytes; at++) {
    Shadow& shadow = this->shadow(*self.block_state, at);
    const uint32_t place = at * granule_bytes;
    if (shadow.writer == nobody)
      fault(SIGIL_POISON, "%s of shared+%u, which nothing has written", what, place);
    if (shadow.writer == copying)
      fault(SIGIL_RACE, "%s of shared+%u, to which a copy is under way", what, place);
    if (!known.knows(shadow.writer, shadow.write_time))
      fault(SIGIL_RACE, "%s of shared+%u, which %s wrote without a barrier between them", what,
            place, name_of(shadow.writer).c_str());
    shadow.readers = with_reader(known, shadow, self.watch.agent, self.watch.time);
    shadow.read_time = self.watch.time;
  }
}

void Watch::check_writable(const View& known, const Shadow& shadow, uint32_t place,
                           const char* what) {
  if (shadow.writer == copying)
    fault(SIGIL_RACE, "%s of shared+%u, to which a copy is under way", what, place);
  if (shadow.writer != nobody && !known.knows(shadow.writer, shadow.write_time))
    fault(SIGIL_RACE, "%s of shared+%u, which %s wrote without a barrier between them", what, place,
          name_of(shadow.writer).c_str());
  if (shadow.read_time == 0 || shadow.read_time < known.generation) return;
  for (const Reader& reader : sets_[shadow.readers]) {
    if (!known.knows(reader.first, reader.second))
      fault(SIGIL_RACE, "%s of shared+%u, which %s read without a barrier between them", what,
            place, name_of(reader.first).c_str());
  }
}

void Watch::write(uint32_t offset, uint32_t bytes, const char* what) {
  Thread& self = Machine::thread();
  const View known = view(self);
  for (uint32_t at = offset / granule_bytes; at * granule_bytes < offset + bytes; at++) {
    Shadow& shadow = this->shadow(*self.block_state, at);
    // Single bytes share their granule with others' bytes: written, but not judged.
    if (bytes > 1) check_writable(known, shadow, at * granule_bytes, what);
    shadow = {self.watch.time, self.watch.agent, 0, 0};
  }
}

void Watch::begin_copy(Block& block, View known, uint32_t offset, uint32_t bytes,
                       const char* what) {
  // The times of a block's barriers are its own; to another block's copies all before them counts
  // as known.
  known.generation = block.generation;
  for (uint32_t at = offset / granule_bytes; at * granule_bytes < offset + bytes; at++) {
    Shadow& shadow = this->shadow(block, at);
    check_writable(known, shadow, at * granule_bytes, what);
    shadow = {0, copying, 0, 0};
  }
}

void Watch::end_copy(Block& block, uint32_t offset, uint32_t bytes, uint32_t agent, uint32_t time) {
  for (uint32_t at = offset / granule_bytes; at * granule_bytes < offset + bytes; at++)
    shadow(block, at) = {time, agent, 0, 0};
}

void Watch::read_async(const View& issued, const std::vector<View>& fences, uint32_t offset,
                       uint32_t bytes, uint32_t agent, uint32_t time, const char* what) {
  const Thread& self = Machine::thread();
  for (uint32_t at = offset / granule_bytes; at * granule_bytes < offset + bytes; at++) {
    Shadow& shadow = this->shadow(*self.block_state, at);
    const uint32_t place = at * granule_bytes;
    if (shadow.writer == nobody)
      fault(SIGIL_POISON, "%s reads shared+%u, which nothing has written", what, place);
    if (shadow.writer == copying)
      fault(SIGIL_RACE, "%s reads shared+%u, to which a copy is under way", what, place);
    if (!issued.knows(shadow.writer, shadow.write_time))
      fault(SIGIL_RACE, "%s reads shared+%u, which %s wrote without a barrier between them", what,
            place, name_of(shadow.writer).c_str());
    if (shadow.writer < machine_->threads.size() &&
        shadow.write_time > machine_->threads[shadow.writer].watch.fence_time) {
      const bool fenced = std::any_of(fences.begin(), fences.end(), [&](const View& fence) {
        return fence.agent == shadow.writer ? false : fence.knows(shadow.writer, shadow.write_time);
      });
      if (!fenced)
        fault(SIGIL_PROXY,
              "%s reads shared+%u, which %s wrote without a fence_async_proxy after it", what,
              place, name_of(shadow.writer).c_str());
    }
    shadow.readers = with_reader(issued, shadow, agent, time);
    shadow.read_time = time;
  }
}

}  // namespace sigil::emulator
