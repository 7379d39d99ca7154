// What is kept of a running cluster: threads, warps, blocks, and what is under way behind their
// backs.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/calls.h"
#include "engine/launch.h"
#include "engine/random.h"
#include "engine/watch.h"

namespace sigil::emulator {

/// All ones but for the quiet bits: a NaN as float, f16 and bf16 alike, and unlike any number that
/// a kernel computes.
constexpr uint32_t poison_word = 0x7fc17fc1;
constexpr uint32_t warp_size = 32;
constexpr uint32_t maximum_shared_bytes = 227 * 1024;

enum class Wait : uint8_t {
  none,
  warp,
  block_barrier,
  phase,
  cluster_barrier,
  registers,
  predecessor
};

struct Warp;
struct Block;
class Machine;

/// One cp.async.
struct AsyncCopy {
  char* shared;
  const char* global;
  uint8_t bytes, valid;
  uint64_t group;
};
/// One box on its way from shared to global memory.
struct TensorStore {
  alignas(64) char map[128];
  const char* shared;
  int32_t at[5];
  uint32_t rank;
  uint64_t group;
  bool read;
  std::vector<char> data;
  View issued;
  std::vector<View> fences;
};
/// One box on its way to shared memory.
struct TensorLoad {
  alignas(64) char map[128];
  uint32_t shared_offset, barrier_offset;
  int32_t at[5];
  uint32_t rank;
  /// The blocks of the cluster that receive it.
  uint32_t blocks;
  /// Rows of the box that have come.
  uint32_t rows_done;
  const struct Thread* issuer;
};

struct Thread : Position {
  void* stack_pointer;
  char *stack_bottom, *stack_top;
  Machine* machine;
  Block* block_state;
  Warp* warp;
  uint32_t lane;
  bool done;

  Wait wait;
  /// What it waits for: a barrier's id or offset, and a phase's parity.
  uint32_t wait_object, wait_detail;
  const char* wait_name;

  std::vector<AsyncCopy> copies;
  size_t copies_done;
  uint64_t copy_group;

  std::vector<TensorStore> stores;
  uint64_t store_group;

  ThreadWatch watch;
};

/// An instruction of a whole warp: `finish` computes for all lanes when the last has come.
struct Collective {
  const char* name;
  void (*finish)(Warp& warp);
};

/// What the warp has under way in the matrix units: warpgroup_state.h.
struct WarpMatrixState;

struct Warp {
  Block* block_state;
  uint32_t index;
  Thread* lanes[warp_size];
  /// Bit masks of lanes: that exist, have not ended, can run, wait in the collective.
  uint32_t all, live, ready, arrived;
  bool queued;
  const Collective* collective;
  uint64_t collective_detail;
  void* operands[warp_size];
  std::shared_ptr<WarpMatrixState> matrix;
  uint32_t registers;
  uint32_t agent;
};

/// bar.sync: `expected` threads, or all that live when it is 0.
struct BlockBarrier {
  uint32_t expected;
  std::vector<Thread*> waiting;
};

/// An mbarrier. Its eight bytes hold its place in the block's list, so that overwriting them is
/// seen.
struct PhaseBarrier {
  uint32_t offset, arrivals;
  int32_t pending;
  int64_t bytes;
  uint32_t phase;
  bool fenced;
  const Thread* initialiser;
  std::vector<Thread*> waiting;
  /// What arrivals told, what the ended phases told, and the agent of the copies that it counts.
  Seen arriving, published;
  uint32_t agent;
};

struct Block {
  Machine* machine;
  uint32_t rank, first_thread, thread_count, live;
  char* shared;
  BlockBarrier barriers[16];
  std::vector<PhaseBarrier> phases;
  /// All accesses before this time are known to all threads of the block.
  uint32_t generation;
  /// Whether the next grid may start as far as this block is concerned.
  bool released;
  /// When its first thread had waited for the grids ahead; 0: none yet.
  uint32_t predecessor_time;
  uint32_t free_registers;
  std::vector<Thread*> register_waiters;
};

}  // namespace sigil::emulator
