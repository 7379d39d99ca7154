// Runs one cluster after another on one host thread: its fibers, its shared memory, and the order in which all of it happens.
#pragma once
#include <vector>

#include "engine/state.h"

namespace sigil::emulator {

struct FaultRecord {
  int code = 0;
  char text[4096] = "";
};

/// How far results of asynchronous instructions are put off.
enum class Delay : uint8_t { latest, random };

class Machine {
 public:
  Machine() = default;
  ~Machine();
  Machine(const Machine&) = delete;

  /// Runs the cluster with this index of the grid; false when `fault_record` says what went wrong.
  bool run_cluster(const Kernel& kernel, const SigilLaunch& launch, const char* parameters, uint64_t cluster);

  /// The running thread, of the running machine of this host thread.
  static Thread& thread() { return *static_cast<Thread*>(here); }

  /// Lets others run until `thread` is made ready again. It must have said what it waits for.
  void park(Thread& thread);
  void make_ready(Thread& thread);
  /// With a seed, now and then lets other warps run first.
  void maybe_yield(Thread& thread);
  [[noreturn]] void abandon();
  /// Whether no thread was switched to since this was asked before.
  bool stuck_since_last_look();

  /// The shared memory, guards included, in which an address lies; null for any other address.
  const class SharedMapping* mapping_of(const void* address) const;

  bool adversarial() const { return adversarial_; }
  Delay delay() const { return delay_; }

  Random random;
  FaultRecord fault_record;
  const Kernel* kernel = nullptr;
  bool running = false;
  std::vector<Block> blocks;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<TensorLoad> loads;
  std::vector<Thread*> cluster_waiting;
  uint32_t live = 0;
  Watch watch;

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

  const char* parameters_ = nullptr;
  void* scheduler_stack_ = nullptr;
  std::vector<Warp*> queue_;
  Warp* running_warp_ = nullptr;
  bool adversarial_ = false;
  Delay delay_ = Delay::latest;
  uint64_t steps_ = 0, step_limit_ = 0;
  uint64_t steps_at_last_look_ = ~uint64_t{0};

  char* stacks_ = nullptr;
  uint32_t stack_count_ = 0;
  std::vector<class SharedMapping*> shared_;
};

}  // namespace sigil::emulator
