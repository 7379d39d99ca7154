// Watches shared memory while checked kernels run: who may see whose accesses, by vector clocks,
// and which writes the async proxy may see. Time is one count for the whole cluster: an access is
// known to those who have seen its agent at its time or later. Agents are threads, barriers (for
// the copies that they count) and warps (for what their matrix units read).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sigil::emulator {

struct Thread;
struct Warp;
struct Block;
class Machine;

/// The latest time of each agent that is known; null: nothing.
using Seen = std::shared_ptr<std::vector<uint32_t>>;

/// What an access is judged by: all before `generation` in its block is known, and what was seen.
struct View {
  Seen seen;
  uint32_t agent = 0, generation = 0;
  bool knows(uint32_t other, uint32_t time) const {
    return time < generation || other == agent ||
           (seen && other < seen->size() && (*seen)[other] >= time);
  }
};

/// What is known of two bytes of shared memory.
struct Shadow {
  uint32_t write_time, writer;
  /// `readers` is a set of readers by its index; `read_time` the latest of them.
  uint32_t read_time, readers;
};

/// What a thread carries.
struct ThreadWatch {
  Seen seen;
  uint32_t agent = 0, time = 0;
  /// Its own time at its last fence_async_proxy, and what it knew there.
  uint32_t fence_time = 0;
  View fence;
};

class Watch {
 public:
  bool enabled = false;

  void start(Machine& machine);
  uint32_t new_agent() { return agents_++; }
  uint32_t now() const { return now_; }
  uint32_t tick() { return ++now_; }

  View view(const Thread& thread) const;
  /// What any lane of the warp knows.
  View view(const Warp& warp) const;

  /// The thread tells what it knows and did to whoever acquires from `clock`.
  void release(Thread& thread, Seen& clock);
  void acquire(Thread& thread, const Seen& clock);
  void learn(Seen& seen, uint32_t agent, uint32_t time);
  void sync_warp(Warp& warp);
  void sync_some(const std::vector<Thread*>& threads);
  void sync_block(Block& block);
  void fence(Thread& thread);
  /// The thread has waited for the grids ahead: it, and who learns from it, may touch what they do.
  void follow_predecessors(Thread& thread);
  bool follows_predecessors(const Thread& thread) const;

  /// Accesses of the running thread by itself.
  void read(uint32_t offset, uint32_t bytes, const char* what);
  void write(uint32_t offset, uint32_t bytes, const char* what);
  /// A copy to shared memory: from its start on nobody may touch the bytes, from its end on those
  /// who know `agent` at `time`.
  void begin_copy(Block& block, View view, uint32_t offset, uint32_t bytes, const char* what);
  void end_copy(Block& block, uint32_t offset, uint32_t bytes, uint32_t agent, uint32_t time);
  /// A read by the async proxy, issued with a view and done by `agent` at `time`.
  void read_async(const View& issued, const std::vector<View>& fences, uint32_t offset,
                  uint32_t bytes, uint32_t agent, uint32_t time, const char* what);

 private:
  using Reader = std::pair<uint32_t, uint32_t>;

  Shadow& shadow(const Block& block, uint32_t granule);
  uint32_t with_reader(const View& view, const Shadow& shadow, uint32_t agent, uint32_t time);
  uint32_t set_of(std::vector<Reader> readers);
  void check_writable(const View& view, const Shadow& shadow, uint32_t offset, const char* what);
  std::string name_of(uint32_t agent) const;

  Machine* machine_ = nullptr;
  uint32_t now_ = 0, agents_ = 0;
  /// The grids ahead as an agent, which did all they do at its time 1.
  uint32_t predecessors_ = 0;
  std::vector<std::vector<Shadow>> shadows_;
  std::vector<std::vector<Reader>> sets_;
  std::unordered_map<uint64_t, uint32_t> set_index_;
  // The last few steps from one set to the next: neighbouring bytes take the same.
  struct Step {
    uint32_t from, agent, time, to;
  } last_ = {};
};

/// True when any kernel here was compiled to be watched.
extern bool kernels_are_watched;

}  // namespace sigil::emulator
