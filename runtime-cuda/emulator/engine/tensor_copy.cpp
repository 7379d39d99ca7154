// TMA: boxes come row by row, in any order among boxes, and count their bytes at the barrier as
// they come.
#include <algorithm>
#include <cstring>

#include "engine/asynchronous.h"
#include "engine/phase_barrier.h"
#include "engine/shared_pointer.h"
#include "engine/swizzle.h"
#include "engine/tensor_map.h"

namespace sigil::emulator {

namespace {

EmulatedTensorMap map_of(const char* bytes) {
  EmulatedTensorMap map;
  memcpy(&map, bytes, sizeof map);
  return map;
}
uint32_t row_bytes(const EmulatedTensorMap& map) { return map.box[0] * map.element_bytes; }
uint32_t rows_of(const EmulatedTensorMap& map) {
  return uint32_t{map.box[1]} * map.box[2] * map.box[3] * map.box[4];
}

/// The row of a box in global memory: null when it lies outside, otherwise elements `first` to
/// `last` (of the box) exist.
char* row_in_memory(const EmulatedTensorMap& map, const int32_t* at, uint32_t row, uint32_t& first,
                    uint32_t& last) {
  char* address = map.address;
  for (int i = 1; i < map.rank; i++) {
    const int64_t index = at[i] + static_cast<int64_t>(row % map.box[i]);
    row /= map.box[i];
    if (index < 0 || index >= map.sizes[i]) return nullptr;
    address += index * static_cast<int64_t>(map.strides[i - 1]);
  }
  const int64_t x = at[0], size = map.sizes[0];
  if (x >= size || x + map.box[0] <= 0) return nullptr;
  first = static_cast<uint32_t>(std::max<int64_t>(0, -x));
  last = static_cast<uint32_t>(std::min<int64_t>(map.box[0], size - x));
  return address + x * map.element_bytes;
}

/// Copies between a row of plain bytes and its swizzled chunks.
template <bool to_shared>
void move_row(char* shared, uint32_t offset, char* row, uint32_t bytes, uint32_t swizzle) {
  for (uint32_t i = 0; i < bytes; i += 16) {
    char* chunk = shared + (swizzled(offset + i + shared_window, swizzle) - shared_window);
    if (to_shared)
      memcpy(chunk, row + i, 16);
    else
      memcpy(row + i, chunk, 16);
  }
}

const EmulatedTensorMap& checked_map(const void* at, uint32_t rank, const char* instruction) {
  const auto* map = static_cast<const EmulatedTensorMap*>(at);
  if (reinterpret_cast<uintptr_t>(at) % 64)
    fault(SIGIL_TENSOR_MAP, "%s: the tensor map at %p is not aligned to 64", instruction, at);
  if (map->mark != EmulatedTensorMap::expected_mark)
    fault(SIGIL_TENSOR_MAP, "%s: there is no tensor map at %p", instruction, at);
  if (map->rank != rank)
    fault(SIGIL_TENSOR_MAP, "%s of %u dimensions by a tensor map of %u", instruction, rank,
          map->rank);
  for (uint32_t i = 0; i < rank; i++) {
    if (map->element_strides[i] != 1)
      fault(SIGIL_TENSOR_MAP, "%s: element strides other than 1 are not emulated", instruction);
  }
  if (map->swizzle && row_bytes(*map) != map->swizzle)
    fault(SIGIL_TENSOR_MAP, "%s: a box of %u bytes swizzled by %u is not emulated", instruction,
          row_bytes(*map), map->swizzle);
  return *map;
}

/// Touches the ends of what a copy will touch, so that bad addresses are the issuer's fault and not
/// the scheduler's.
void probe(const EmulatedTensorMap& map, const int32_t* at) {
  uint32_t first, last;
  for (uint32_t row = 0; row < rows_of(map); row++) {
    const volatile char* address = row_in_memory(map, at, row, first, last);
    if (!address) continue;
    static_cast<void>(address[first * map.element_bytes]);
    static_cast<void>(address[last * map.element_bytes - 1]);
  }
}

/// Tells the watch what a copy will touch.
void watch_global(const Machine& machine, const EmulatedTensorMap& map, const int32_t* at,
                  bool write, const char* instruction) {
  if (!machine.watch.enabled) return;
  uint32_t first, last;
  for (uint32_t row = 0; row < rows_of(map); row++) {
    const char* address = row_in_memory(map, at, row, first, last);
    if (address)
      GlobalWatch::access(address + first * map.element_bytes, (last - first) * map.element_bytes,
                          write, instruction);
  }
}

void deliver(Machine& machine, size_t index, uint32_t rows) {
  TensorLoad& load = machine.loads[index];
  const EmulatedTensorMap map = map_of(load.map);
  const uint32_t bytes = row_bytes(map), all = rows_of(map),
                 until = std::min(all, load.rows_done + rows);
  char staged[256 * 8];
  for (uint32_t row = load.rows_done; row < until; row++) {
    uint32_t first, last;
    memset(staged, 0, bytes);
    if (const char* from = row_in_memory(map, load.at, row, first, last))
      memcpy(staged + first * map.element_bytes, from + first * map.element_bytes,
             (last - first) * map.element_bytes);
    for (Block& block : machine.blocks) {
      if (load.blocks >> block.rank & 1)
        move_row<true>(block.shared, load.shared_offset + row * bytes, staged, bytes, map.swizzle);
    }
  }
  if (machine.watch.enabled && until == all) {
    for (Block& block : machine.blocks) {
      if (load.blocks >> block.rank & 1)
        machine.watch.end_copy(block, load.shared_offset, all * bytes,
                               barrier_agent(block, load.barrier_offset), machine.watch.tick());
    }
  }
  const uint32_t moved = (until - load.rows_done) * bytes, blocks = load.blocks,
                 barrier = load.barrier_offset;
  load.rows_done = until;
  if (until == all) machine.loads.erase(machine.loads.begin() + static_cast<std::ptrdiff_t>(index));
  for (Block& block : machine.blocks) {
    if (blocks >> block.rank & 1) complete_bytes(block, barrier, moved);
  }
}

void read_shared(Thread& self, TensorStore& store) {
  const EmulatedTensorMap map = map_of(store.map);
  const uint32_t bytes = row_bytes(map);
  store.data.resize(bytes * rows_of(map));
  for (uint32_t row = 0; row < rows_of(map); row++)
    move_row<false>(self.shared, static_cast<uint32_t>(store.shared - self.shared) + row * bytes,
                    store.data.data() + row * bytes, bytes, map.swizzle);
  if (Watch& watch = self.machine->watch; watch.enabled)
    watch.read_async(store.issued, store.fences, static_cast<uint32_t>(store.shared - self.shared),
                     bytes * rows_of(map), self.watch.agent, self.watch.time, "tensor_store");
  store.read = true;
}

void write_global(const TensorStore& store) {
  const EmulatedTensorMap map = map_of(store.map);
  for (uint32_t row = 0; row < rows_of(map); row++) {
    uint32_t first, last;
    char* to = row_in_memory(map, store.at, row, first, last);
    if (to)
      memcpy(to + first * map.element_bytes,
             store.data.data() + row * row_bytes(map) + first * map.element_bytes,
             (last - first) * map.element_bytes);
  }
}

}  // namespace

void tensor_prefetch(const void* map) {
  if (static_cast<const EmulatedTensorMap*>(map)->mark != EmulatedTensorMap::expected_mark)
    fault(SIGIL_TENSOR_MAP, "tensor_prefetch: there is no tensor map at %p", map);
}

void tensor_load(void* shared, const void* map_address, uint64_t* barrier, const int32_t* at,
                 uint32_t rank, uint32_t blocks, bool multicast) {
  Thread& self = Machine::thread();
  Machine& machine = *self.machine;
  const EmulatedTensorMap& map = checked_map(map_address, rank, "tensor_load");
  const uint32_t box_bytes = row_bytes(map) * rows_of(map);
  TensorLoad load = {};
  memcpy(load.map, map_address, 128);
  load.shared_offset = shared_offset(shared, box_bytes, 128, "tensor_load");
  load.barrier_offset = shared_offset(barrier, 8, 8, "tensor_load");
  for (uint32_t i = 0; i < rank; i++) load.at[i] = at[i];
  load.rank = rank;
  load.blocks = multicast ? blocks : 1u << self.rank;
  load.issuer = &self;
  if (load.blocks == 0 || load.blocks >> machine.blocks.size())
    fault(SIGIL_TENSOR_MAP, "tensor_load to blocks %x of a cluster of %zu", load.blocks,
          machine.blocks.size());
  probe(map, at);
  watch_global(machine, map, at, false, "tensor_load");
  for (Block& block : machine.blocks) {
    if (!(load.blocks >> block.rank & 1)) continue;
    if (block.live == 0)
      fault(SIGIL_ASYNC, "tensor_load to block %u of the cluster, which has ended", block.rank);
    if (!phase_barrier(block, load.barrier_offset, "tensor_load").fenced)
      fault(SIGIL_PROXY,
            "tensor_load on the barrier at shared+%u, whose initialisation no fence_barrier_init "
            "followed",
            load.barrier_offset);
    if (machine.watch.enabled)
      machine.watch.begin_copy(block, machine.watch.view(self), load.shared_offset, box_bytes,
                               "tensor_load");
    // Whatever lies there may be gone at once.
    for (uint32_t i = 0; i < box_bytes; i += 4)
      memcpy(block.shared + load.shared_offset + i, &poison_word, 4);
  }
  machine.loads.push_back(load);
  machine.maybe_yield(self);
}

bool deliver_some(Machine& machine) {
  if (machine.loads.empty()) return false;
  if (!machine.adversarial())
    deliver(machine, 0, ~0u >> 1);
  else
    deliver(machine, machine.random.below(static_cast<uint32_t>(machine.loads.size())),
            machine.random.one_in(2) ? 1 + machine.random.below(64) : ~0u >> 1);
  return true;
}

void tensor_store(const void* map_address, const void* shared, const int32_t* at, uint32_t rank) {
  Thread& self = Machine::thread();
  const EmulatedTensorMap& map = checked_map(map_address, rank, "tensor_store");
  shared_offset(shared, row_bytes(map) * rows_of(map), 128, "tensor_store");
  probe(map, at);
  watch_global(*self.machine, map, at, true, "tensor_store");
  TensorStore store = {};
  memcpy(store.map, map_address, 128);
  store.shared = static_cast<const char*>(shared);
  for (uint32_t i = 0; i < rank; i++) store.at[i] = at[i];
  store.rank = rank;
  store.group = self.store_group;
  if (Watch& watch = self.machine->watch; watch.enabled) {
    store.issued = watch.view(self);
    store.fences = {self.watch.fence};
  }
  self.stores.push_back(std::move(store));
}

void tensor_store_commit() { Machine::thread().store_group++; }

void tensor_store_wait(int pending, bool only_read) {
  Thread& self = Machine::thread();
  if (self.store_group < static_cast<uint64_t>(pending)) return;
  const uint64_t until = self.store_group - static_cast<uint64_t>(pending);
  size_t done = 0;
  for (; done < self.stores.size() && self.stores[done].group < until; done++) {
    if (!self.stores[done].read) read_shared(self, self.stores[done]);
    if (!only_read) write_global(self.stores[done]);
  }
  if (!only_read)
    self.stores.erase(self.stores.begin(), self.stores.begin() + static_cast<std::ptrdiff_t>(done));
}

void check_thread_end(Thread& self) {
  for (const TensorStore& store : self.stores) {
    if (!store.read)
      fault(SIGIL_ASYNC,
            "it ends with a tensor_store under way that still reads shared+%lld: no "
            "tensor_store_wait_read",
            static_cast<long long>(store.shared - self.shared));
  }
  if (self.block_state->live > 1) return;
  for (const TensorLoad& load : self.machine->loads) {
    if (load.blocks >> self.rank & 1)
      fault(SIGIL_ASYNC,
            "its block ends with a tensor_load to shared+%u under way, by thread %d of block %u of "
            "the cluster: nobody waited for the barrier at shared+%u",
            load.shared_offset, load.issuer->thread, load.issuer->rank, load.barrier_offset);
  }
}

void finish_stores(Thread& thread) {
  for (const TensorStore& store : thread.stores) write_global(store);
  thread.stores.clear();
}

}  // namespace sigil::emulator
