// Runs one cluster after another on one host thread: its fibers, its shared memory, and the order
// in which all of it happens.
#pragma once
#include <vector>

#include "engine/grid.h"
#include "engine/state.h"

namespace sigil::emulator {

struct FaultRecord {
  int code = 0;
  char text[4096] = "";
};

/// How far results of asynchronous instructions are put off.
enum class Delay : uint8_t { latest, random };

/// What came of running a cluster: `held` goes on when the grids ahead of its own have ended, or
/// when it is asked to.
enum class Progress : uint8_t { ended, held, faulted };

class Machine {
 public:
  Machine() = default;
  ~Machine();
  Machine(const Machine&) = delete;

  /// Takes the cluster with this index of a grid, which must outlive it; false when `fault_record`
  /// says what went wrong.
  bool begin_cluster(Grid& grid, uint64_t cluster);
  /// Runs it as far as it comes; with `until_released` no further than to where each of its blocks
  /// has let the next grid start, or has ended. Always called by the host thread that did so first.
  Progress run_cluster(bool until_released = false);

  /// The running thread, of the running machine of this host thread.
  static Thread& thread() { return *static_cast<Thread*>(here); }

  /// Lets others run until `thread` is made ready again. It must have said what it waits for.
  void park(Thread& thread);
  void make_ready(Thread& thread);
  /// With a seed, now and then lets other warps run first.
  void maybe_yield(Thread& thread);
  [[noreturn]] void abandon();
  /// Whether each block has let the next grid start, or has ended.
  bool all_released() const;
  /// After a block let the next grid start: stops here if that is what the cluster runs for.
  void stop_if_released(Thread& thread);
  /// Whether no thread was switched to since this was asked before.
  bool stuck_since_last_look();

  /// The shared memory, guards included, in which an address lies; null for any other address.
  const class SharedMapping* mapping_of(const void* address) const;
  /// Whether an address lies in the stacks of threads.
  bool is_stack(const void* address) const;

  bool adversarial() const { return adversarial_; }
  Delay delay() const { return delay_; }

  Random random;
  FaultRecord fault_record;
  const Kernel* kernel = nullptr;
  Grid* grid = nullptr;
  bool running = false;
  std::vector<Block> blocks;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<TensorLoad> loads;
  std::vector<Thread*> cluster_waiting, predecessor_waiting;
  uint32_t live = 0;
  Watch watch;
  GlobalWatch::Cache global_cache;

 private:
  bool map_memory(uint32_t block_count, uint32_t thread_count, uint64_t shared_bytes);
  /// False without memory for the cluster.
  bool start(const SigilLaunch& launch, uint64_t cluster);
  void schedule();
  void finish();
  void switch_to(Thread& thread);
  static void thread_entry();
  void thread_done(Thread& thread);
  Thread* next_lane(Warp& warp);

  void* scheduler_stack_ = nullptr;
  std::vector<Warp*> queue_;
  Warp* running_warp_ = nullptr;
  bool adversarial_ = false;
  bool until_released_ = false, stopped_ = false;
  Delay delay_ = Delay::latest;
  uint64_t steps_ = 0, step_limit_ = 0;
  uint64_t steps_at_last_look_ = ~uint64_t{0};

  char* stacks_ = nullptr;
  uint32_t stack_count_ = 0;
  std::vector<class SharedMapping*> shared_;
};

}  // namespace sigil::emulator
