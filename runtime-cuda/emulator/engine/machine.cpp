#include "engine/machine.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstring>

#include "engine/asynchronous.h"
#include "engine/fault.h"
#include "engine/fiber.h"
#include "engine/hang.h"
#include "engine/shared_mapping.h"

namespace sigil::emulator {

__thread Position* here = nullptr;

namespace {
constexpr size_t stack_bytes = 256 << 10, stack_guard = 4096;
}

Machine::~Machine() {
  if (stacks_) munmap(stacks_, stack_count_ * stack_bytes);
  for (auto* mapping : shared_) delete mapping;
}

bool Machine::map_memory(uint32_t block_count, uint32_t thread_count, uint64_t shared_bytes) {
  if (thread_count > stack_count_) {
    if (stacks_) munmap(stacks_, stack_count_ * stack_bytes);
    stack_count_ = 0;
    void* mapping = mmap(nullptr, thread_count * stack_bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    stacks_ = mapping == MAP_FAILED ? nullptr : static_cast<char*>(mapping);
    if (!stacks_) return false;
    stack_count_ = thread_count;
    for (uint32_t i = 0; i < thread_count; i++) {
      if (mprotect(stacks_ + i * stack_bytes, stack_guard, PROT_NONE) != 0) return false;
    }
  }
  while (shared_.size() < block_count) shared_.push_back(new SharedMapping);
  blocks.resize(block_count);
  for (uint32_t i = 0; i < block_count; i++) {
    blocks[i].shared = shared_[i]->reset(shared_bytes);
    if (!blocks[i].shared) return false;
  }
  return true;
}

bool Machine::begin_cluster(Grid& grid_to_run, uint64_t cluster) {
  grid = &grid_to_run;
  kernel = grid->kernel;
  const SigilLaunch& launch = grid->launch;
  fault_record.code = 0;
  random = Random(mix(launch.seed) ^ mix(cluster + 1));
  adversarial_ = launch.seed != 0;
  delay_ = adversarial_ && random.one_in(2) ? Delay::random : Delay::latest;
  steps_ = 0;
  steps_at_last_look_ = ~uint64_t{0};
  step_limit_ = launch.watchdog_steps ? launch.watchdog_steps : uint64_t{1} << 40;
  if (!start(launch, cluster)) {
    fault_record.code = SIGIL_NO_MEMORY;
    snprintf(fault_record.text, sizeof fault_record.text,
             "kernel %s: no memory, or no mappings (vm.max_map_count), for a cluster's stacks and "
             "shared memory",
             kernel->name);
    return false;
  }
  watch.enabled = kernels_are_watched;
  if (watch.enabled) {
    watch.start(*this);
    global_cache = {};
  }
  return true;
}

Progress Machine::run_cluster(bool until_released) {
  until_released_ = until_released;
  stopped_ = until_released && all_released();
  if (grid->ahead_ended) {
    for (Thread* waiter : predecessor_waiting) make_ready(*waiter);
    predecessor_waiting.clear();
  }
  running = true;
  schedule();
  running = false;
  here = nullptr;
  if (fault_record.code == 0 && live > 0) return Progress::held;
  if (fault_record.code == 0) finish();
  return fault_record.code == 0 ? Progress::ended : Progress::faulted;
}

bool Machine::all_released() const {
  for (const Block& block : blocks) {
    if (!block.released && block.live > 0) return false;
  }
  return true;
}

void Machine::stop_if_released(Thread& self) {
  if (!until_released_ || !all_released()) return;
  stopped_ = true;
  self.warp->ready |= 1u << self.lane;
  here = nullptr;
  sigil_switch_fiber(&self.stack_pointer, scheduler_stack_);
}

bool Machine::start(const SigilLaunch& launch, uint64_t cluster) {
  const uint32_t cluster_size = launch.cluster[0] * launch.cluster[1] * launch.cluster[2];
  const uint32_t block_threads = launch.block[0],
                 warps_per_block = (block_threads + warp_size - 1) / warp_size;
  if (!map_memory(cluster_size, cluster_size * block_threads, launch.shared_bytes)) return false;
  threads.resize(cluster_size * block_threads);
  warps.resize(cluster_size * warps_per_block);
  queue_.clear();
  loads.clear();
  cluster_waiting.clear();
  predecessor_waiting.clear();
  live = cluster_size * block_threads;

  const uint64_t across[2] = {launch.grid[0] / launch.cluster[0],
                              launch.grid[1] / launch.cluster[1]};
  const uint64_t cluster_at[3] = {cluster % across[0], cluster / across[0] % across[1],
                                  cluster / across[0] / across[1]};
  for (uint32_t rank = 0; rank < cluster_size; rank++) {
    Block& block = blocks[rank];
    block.machine = this;
    block.rank = rank;
    block.first_thread = rank * block_threads;
    block.thread_count = block.live = block_threads;
    for (auto& barrier : block.barriers) barrier.expected = 0, barrier.waiting.clear();
    block.phases.clear();
    block.released = false;
    block.predecessor_time = 0;
    block.register_waiters.clear();
    const uint32_t registers_each = std::min<uint32_t>(
        248, 65536 /
                 ((kernel->maximum_threads + 31) / 32 * 32 * std::max(1u, kernel->minimum_blocks)) /
                 8 * 8);
    block.free_registers = 0;
    const uint32_t inside[3] = {rank % launch.cluster[0],
                                rank / launch.cluster[0] % launch.cluster[1],
                                rank / launch.cluster[0] / launch.cluster[1]};
    for (uint32_t w = 0; w < warps_per_block; w++) {
      Warp& warp = warps[rank * warps_per_block + w];
      warp.block_state = &block;
      warp.index = w;
      const uint32_t lanes = std::min(warp_size, block_threads - w * warp_size);
      warp.all = warp.live = warp.ready = lanes == 32 ? ~0u : (1u << lanes) - 1;
      warp.arrived = 0;
      warp.collective = nullptr;
      warp.queued = true;
      warp.registers = registers_each;
      reset_products(warp);
      queue_.push_back(&warp);
      for (uint32_t lane = 0; lane < lanes; lane++) {
        const uint32_t index = block.first_thread + w * warp_size + lane;
        Thread& thread = threads[index];
        thread.thread = static_cast<int32_t>(w * warp_size + lane);
        for (int axis = 0; axis < 3; axis++) {
          thread.block[axis] =
              static_cast<int32_t>(cluster_at[axis] * launch.cluster[axis] + inside[axis]);
          thread.grid[axis] = static_cast<int32_t>(launch.grid[axis]);
        }
        thread.rank = rank;
        thread.shared = block.shared;
        thread.shared_bytes = launch.shared_bytes;
        thread.seed = launch.seed;
        thread.machine = this;
        thread.block_state = &block;
        thread.warp = &warp;
        thread.lane = lane;
        thread.done = false;
        thread.wait = Wait::none;
        thread.copies.clear();
        thread.copies_done = 0;
        thread.copy_group = 0;
        thread.stores.clear();
        thread.store_group = 0;
        thread.stack_bottom = stacks_ + index * stack_bytes + stack_guard;
        // Tops that differ modulo a page, or all threads' frames would share a few sets of the
        // cache.
        thread.stack_top = stacks_ + (index + 1) * stack_bytes - (index * 7 % 61) * 64;
        thread.stack_pointer =
            prepare_fiber(thread.stack_bottom, thread.stack_top, &Machine::thread_entry);
        warp.lanes[lane] = &thread;
      }
    }
  }
  return true;
}

void Machine::thread_entry() {
  Thread& self = thread();
  self.machine->kernel->call(self.machine->grid->parameters);
  self.machine->thread_done(self);
}

void Machine::switch_to(Thread& next) {
  // `here` is set before the switch: the next thread finds itself there.
  void** save = here ? &thread().stack_pointer : &scheduler_stack_;
  here = &next;
  sigil_switch_fiber(save, next.stack_pointer);
}

Thread* Machine::next_lane(Warp& warp) {
  const uint32_t ready = warp.ready;
  if (ready == 0) return nullptr;
  uint32_t lane;
  if (adversarial_) {
    const uint32_t turn = random.next() & 31;
    const uint32_t turned = turn ? ready >> turn | ready << (32 - turn) : ready;
    lane = (static_cast<uint32_t>(__builtin_ctz(turned)) + turn) & 31;
  } else
    lane = static_cast<uint32_t>(__builtin_ctz(ready));
  warp.ready &= ~(1u << lane);
  return warp.lanes[lane];
}

void Machine::park(Thread& self) {
  if (++steps_ > step_limit_)
    fault(SIGIL_HANG, "%llu switches between threads and no end in sight",
          static_cast<unsigned long long>(step_limit_));
  Thread* next = next_lane(*self.warp);
  if (next == &self) return;
  if (next) return switch_to(*next);
  here = nullptr;
  sigil_switch_fiber(&self.stack_pointer, scheduler_stack_);
}

void Machine::make_ready(Thread& waiter) {
  Warp& warp = *waiter.warp;
  waiter.wait = Wait::none;
  warp.ready |= 1u << waiter.lane;
  if (warp.queued || &warp == running_warp_) return;
  warp.queued = true;
  queue_.push_back(&warp);
}

void Machine::maybe_yield(Thread& self) {
  if (!adversarial_) return;
  if (delay_ == Delay::random && !loads.empty() && random.one_in(8)) deliver_some(*this);
  if (!random.one_in(16)) return;
  self.warp->ready |= 1u << self.lane;
  here = nullptr;
  sigil_switch_fiber(&self.stack_pointer, scheduler_stack_);
}

void Machine::thread_done(Thread& self) {
  self.done = true;
  steps_++;
  check_thread_end(self);
  live--;
  self.warp->live &= ~(1u << self.lane);
  self.block_state->live--;
  thread_left_barriers(self);
  Thread* next = next_lane(*self.warp);
  if (next) switch_to(*next);
  here = nullptr;
  sigil_switch_fiber(&self.stack_pointer, scheduler_stack_);
  __builtin_unreachable();
}

void Machine::abandon() {
  void* never;
  here = nullptr;
  sigil_switch_fiber(&never, scheduler_stack_);
  __builtin_unreachable();
}

bool Machine::stuck_since_last_look() {
  const bool stuck = steps_ == steps_at_last_look_;
  steps_at_last_look_ = steps_;
  return stuck;
}

void Machine::schedule() {
  while (live > 0 && fault_record.code == 0 && !stopped_) {
    if (delay_ == Delay::random && !loads.empty() && random.one_in(4)) deliver_some(*this);
    if (queue_.empty()) {
      if (deliver_some(*this)) continue;
      if (!predecessor_waiting.empty()) return;
      describe_hang(*this);
      return;
    }
    const size_t at = adversarial_ ? random.below(static_cast<uint32_t>(queue_.size())) : 0;
    Warp* warp = queue_[at];
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
    warp->queued = false;
    running_warp_ = warp;
    Thread* next = next_lane(*warp);
    if (next) switch_to(*next);
    running_warp_ = nullptr;
    if (warp->ready && !warp->queued) {
      warp->queued = true;
      queue_.push_back(warp);
    }
  }
}

void Machine::finish() {
  for (Thread& thread : threads) finish_stores(thread);
  for (size_t rank = 0; rank < blocks.size() && fault_record.code == 0; rank++) {
    int64_t offset;
    if (shared_[rank]->intact(offset)) continue;
    fault_record.code = SIGIL_OUT_OF_BOUNDS;
    const Thread& first = threads[blocks[rank].first_thread];
    snprintf(fault_record.text, sizeof fault_record.text,
             "kernel %s, block (%d, %d, %d) wrote outside its %llu bytes of shared memory, at "
             "offset %lld",
             kernel->name, first.block[0], first.block[1], first.block[2],
             static_cast<unsigned long long>(first.shared_bytes), static_cast<long long>(offset));
  }
}

bool Machine::is_stack(const void* address) const {
  return static_cast<uint64_t>(static_cast<const char*>(address) - stacks_) <
         stack_count_ * stack_bytes;
}

const SharedMapping* Machine::mapping_of(const void* address) const {
  for (size_t rank = 0; rank < blocks.size(); rank++) {
    if (shared_[rank]->contains(address)) return shared_[rank];
  }
  return nullptr;
}

}  // namespace sigil::emulator
