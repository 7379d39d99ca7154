#include "engine/hang.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>

namespace sigil::emulator {

namespace {

std::string format(const char* pattern, ...) {
  char text[512];
  va_list values;
  va_start(values, pattern);
  vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

/// "0-31, 64" of sorted numbers.
std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t j = i;
    while (j + 1 < numbers.size() && numbers[j + 1] == numbers[j] + 1) j++;
    if (!text.empty()) text += ", ";
    text += i == j ? format("%d", numbers[i]) : format("%d-%d", numbers[i], numbers[j]);
    i = j + 1;
  }
  return text;
}

std::string what_it_waits_for(const Thread& thread) {
  const Block& block = *thread.block_state;
  switch (thread.wait) {
    case Wait::warp:
      return format("%s for the rest of the warp", thread.wait_name);
    case Wait::block_barrier: {
      const BlockBarrier& barrier = block.barriers[thread.wait_object];
      const auto expected = barrier.expected ? barrier.expected : block.live;
      return thread.wait_object == 0 && barrier.expected == 0
                 ? format("sync_threads: %zu of %u threads came", barrier.waiting.size(), expected)
                 : format("sync_named %u: %zu of %u threads came", thread.wait_object,
                          barrier.waiting.size(), expected);
    }
    case Wait::phase: {
      for (const PhaseBarrier& barrier : block.phases) {
        if (barrier.offset != thread.wait_object) continue;
        const uint32_t arrived =
            barrier.arrivals - static_cast<uint32_t>(std::max(0, barrier.pending));
        std::string text = format(
            "barrier_wait, barrier at shared+%u, parity %u: in phase %u, %u of %u arrivals came",
            barrier.offset, thread.wait_detail, barrier.phase, arrived, barrier.arrivals);
        if (barrier.bytes > 0)
          text += format(", %lld expected bytes have not", static_cast<long long>(barrier.bytes));
        if (barrier.bytes < 0)
          text +=
              format(", %lld bytes came that none expects", -static_cast<long long>(barrier.bytes));
        return text;
      }
      return "barrier_wait";
    }
    case Wait::cluster_barrier:
      return format("sync_cluster: %zu of %u threads came", thread.machine->cluster_waiting.size(),
                    thread.machine->live);
    case Wait::registers:
      return format("registers_increase<%u>: %u registers of the block are free",
                    thread.wait_detail, block.free_registers);
    case Wait::predecessor:
      return "wait_for_predecessor";
    case Wait::none:
      break;
  }
  return "nothing";
}

}  // namespace

void describe_hang(Machine& machine) {
  std::map<std::pair<uint32_t, std::string>, std::vector<int>> waiting;
  // Lanes that miss others of their warp point at divergence, unless something else may be what
  // holds the others up.
  bool partial_warp = false, other = false;
  for (const Thread& thread : machine.threads) {
    if (thread.done) continue;
    waiting[{thread.rank, what_it_waits_for(thread)}].push_back(thread.thread);
    partial_warp |= thread.wait == Wait::warp;
    other |= thread.wait == Wait::phase || thread.wait == Wait::cluster_barrier ||
             thread.wait == Wait::registers;
  }
  const Thread& first = machine.threads.front();
  std::string text = format("kernel %s, block (%d, %d, %d)%s: no thread can go on",
                            machine.kernel->name, first.block[0], first.block[1], first.block[2],
                            machine.blocks.size() > 1 ? " and its cluster" : "");
  // By block and first thread: threads are listed in order, so the groups' numbers are too.
  std::vector<std::tuple<uint32_t, int, std::string>> lines;
  for (const auto& [key, numbers] : waiting)
    lines.emplace_back(key.first, numbers.front(),
                       "threads " + ranges(numbers) + " in " + key.second);
  std::sort(lines.begin(), lines.end());
  for (const auto& [rank, first_number, line] : lines)
    text +=
        (machine.blocks.size() > 1 ? format("\n  block %u of the cluster, ", rank) : "\n  ") + line;
  std::vector<int> ended;
  for (const Thread& thread : machine.threads) {
    if (thread.done && thread.rank == 0) ended.push_back(thread.thread);
  }
  if (!ended.empty()) text += "\n  threads " + ranges(ended) + " ended";
  machine.fault_record.code = partial_warp && !other ? SIGIL_DIVERGENCE : SIGIL_HANG;
  snprintf(machine.fault_record.text, sizeof machine.fault_record.text, "%s", text.c_str());
}

}  // namespace sigil::emulator
