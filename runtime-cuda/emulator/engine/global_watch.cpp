#include "engine/global_watch.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/fault.h"
#include "engine/machine.h"

namespace sigil::emulator {

namespace {

constexpr uintptr_t watched_page = 4096, global_granule = 2;
/// Blocks are counted from 1.
constexpr uint32_t no_block = 0, several_blocks = ~0u;

uint32_t number_of(const Thread& thread) {
  return 1 + static_cast<uint32_t>((thread.block[2] * thread.grid[1] + thread.block[1]) *
                                       thread.grid[0] +
                                   thread.block[0]);
}

std::string name_of(uint32_t block, const Thread& thread) {
  if (block == several_blocks) return "several blocks";
  const uint32_t index = block - 1, x = static_cast<uint32_t>(thread.grid[0]),
                 y = static_cast<uint32_t>(thread.grid[1]);
  return "block (" + std::to_string(index % x) + ", " + std::to_string(index / x % y) + ", " +
         std::to_string(index / x / y) + ")";
}

/// The address as bytes from the pointer among the kernel's parameters that lies below it, if any
/// does: the compiler passes one for every tensor, in the order of a launch's operands.
std::string place_of(uintptr_t address, const Grid& grid) {
  uint64_t best = 0, operand = 0;
  for (uint64_t i = 0, pointers = 0; i < grid.kernel->parameter_count; i++) {
    if (grid.kernel->parameters[i].bytes != 8) continue;
    uint64_t pointer;
    memcpy(&pointer, grid.parameters + grid.kernel->parameters[i].offset, 8);
    if (pointer <= address && pointer > best) best = pointer, operand = pointers;
    pointers++;
  }
  char text[96];
  snprintf(text, sizeof text,
           best ? "global memory at 0x%llx, operand %llu + %llu bytes" : "global memory at 0x%llx",
           static_cast<unsigned long long>(address), static_cast<unsigned long long>(operand),
           static_cast<unsigned long long>(address - best));
  return text;
}

}  // namespace

struct GlobalWatch::Page {
  std::atomic_flag busy = ATOMIC_FLAG_INIT;
  struct Cell {
    uint32_t writer, reader;
  };
  Cell cells[watched_page / global_granule] = {};
};

GlobalWatch::GlobalWatch() = default;
GlobalWatch::~GlobalWatch() = default;

GlobalWatch::Page& GlobalWatch::page(Cache& cache, uintptr_t number) {
  Cache::Entry& entry = cache.entries[number % cache.entries.size()];
  if (entry.page && entry.number == number) return *entry.page;
  Shard& shard = shards_[number % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  auto& page = shard.pages[number];
  if (!page) page = std::make_unique<Page>();
  entry = {number, page.get()};
  return *page;
}

const GlobalWatch::Page* GlobalWatch::known_page(uintptr_t number) const {
  const auto& pages = shards_[number % shards_.size()].pages;
  const auto found = pages.find(number);
  return found == pages.end() ? nullptr : found->second.get();
}

void GlobalWatch::check_unordered(uintptr_t address, uint64_t bytes, bool write, const char* what,
                                  const char* kernel) const {
  for (uintptr_t at = address / global_granule * global_granule; at < address + bytes;
       at += global_granule) {
    const Page* page = known_page(at / watched_page);
    if (!page) continue;
    const Page::Cell& cell = page->cells[at % watched_page / global_granule];
    if (cell.writer != no_block || (write && cell.reader != no_block)) {
      fault(SIGIL_PREDECESSOR,
            "%s of %s before wait_for_predecessor, which kernel %s ahead of it %s", what,
            place_of(at, *Machine::thread().machine->grid).c_str(), kernel,
            cell.writer != no_block ? "writes" : "reads");
    }
  }
}

void GlobalWatch::access(const void* pointer, uint64_t bytes, bool write, const char* what) {
  Thread& self = Machine::thread();
  Machine& machine = *self.machine;
  Grid& grid = *machine.grid;
  const auto address = reinterpret_cast<uintptr_t>(pointer);
  if (grid.ahead && !machine.watch.follows_predecessors(self)) {
    // All that the row has run so far: those ahead may release early, one after the other, whether
    // they do today or not.
    for (const Grid* ahead = grid.ahead; ahead; ahead = ahead->ahead)
      ahead->global.check_unordered(address, bytes, write, what, ahead->kernel->name);
  }
  const uint32_t block = number_of(self);
  for (uintptr_t at = address / global_granule * global_granule; at < address + bytes;) {
    Page& page = grid.global.page(machine.global_cache, at / watched_page);
    const uintptr_t end = std::min((at / watched_page + 1) * watched_page, address + bytes);
    uint32_t other = no_block;
    bool wrote = false;
    while (page.busy.test_and_set(std::memory_order_acquire)) {
    }
    for (; at < end && other == no_block; at += global_granule) {
      Page::Cell& cell = page.cells[at % watched_page / global_granule];
      // Single bytes share their granule with others' bytes: recorded, but not judged.
      wrote = cell.writer != no_block && cell.writer != block;
      if (bytes > 1 && (wrote || (write && cell.reader != no_block && cell.reader != block))) {
        other = wrote ? cell.writer : cell.reader;
        break;
      }
      if (write)
        cell.writer = block;
      else
        cell.reader = cell.reader == no_block || cell.reader == block ? block : several_blocks;
    }
    page.busy.clear(std::memory_order_release);
    if (other != no_block)
      fault(SIGIL_GLOBAL_RACE, "%s of %s, which %s %s: blocks of a launch have no order", what,
            place_of(at, grid).c_str(), name_of(other, self).c_str(), wrote ? "wrote" : "read");
  }
}

}  // namespace sigil::emulator
