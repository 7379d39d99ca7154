#include "engine/row.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "engine/fault.h"
#include "engine/machine_pool.h"

namespace sigil::emulator {

namespace {

/// Clusters of a grid that are held, and grids that start before the one that ends next: each holds
/// the mappings of all its threads' stacks.
constexpr uint64_t most_held = 4;
constexpr size_t most_early = 2;

}  // namespace

void FirstFault::note(uint64_t faulty, const FaultRecord& with) {
  const std::lock_guard lock(mutex);
  if (faulty > cluster) return;
  cluster = faulty;
  record = with;
}

Row::~Row() {
  for (Part& part : parts_) {
    for (auto& machine : part.held) {
      if (machine) give_back(std::move(machine));
    }
  }
}

Grid& Row::add() {
  const Grid* ahead = parts_.empty() ? nullptr : &parts_.back().grid;
  Grid& grid = parts_.emplace_back().grid;
  grid.ahead = ahead;
  grid.ahead_ended = !ahead;
  return grid;
}

const FaultRecord* Row::run() {
  const SignalStack stack;
  const uint32_t patience = parts_.front().grid.launch.flags & 0xff;
  const StuckTimer timer(patience ? patience : 15);
  for (finishing_ = 0; finishing_ < parts_.size(); finishing_++) {
    if (!finish(finishing_)) break;
  }
  for (const Part& part : parts_) {
    if (part.first.record.code != 0) return &part.first.record;
  }
  return nullptr;
}

bool Row::can_overlap(size_t index) const {
  return index + 1 < parts_.size() && !kernels_are_watched;
}

void Row::begin(size_t index) {
  Part& part = parts_[index];
  part.begun = true;
  if (!run_held(part, false)) return;
  const bool all_released =
      part.held.size() == part.grid.clusters &&
      std::all_of(part.held.begin(), part.held.end(),
                  [](const auto& machine) { return !machine || machine->all_released(); });
  if (all_released && can_overlap(index) && index < finishing_ + most_early) begin(index + 1);
}

bool Row::run_held(Part& part, bool until_released) {
  const uint64_t count = std::min(most_held, part.grid.clusters);
  for (uint64_t cluster = 0; cluster < count; cluster++) {
    const bool is_new = cluster >= part.held.size();
    if (is_new) part.held.push_back(take_machine());
    auto& machine = part.held[cluster];
    if (!machine) continue;
    const Progress progress = is_new && !machine->begin_cluster(part.grid, cluster)
                                  ? Progress::faulted
                                  : machine->run_cluster(until_released);
    if (progress == Progress::faulted) {
      part.first.note(cluster, machine->fault_record);
      return false;
    }
    if (progress == Progress::ended) give_back(std::move(machine));
  }
  return true;
}

void Row::run_rest(Part& part) {
  Grid& grid = part.grid;
  std::atomic<uint64_t> next{part.held.size()};
  const auto work = [&] {
    auto machine = take_machine();
    for (;;) {
      const uint64_t cluster = next.fetch_add(1);
      if (cluster >= grid.clusters || cluster > part.first.cluster) break;
      if (!machine->begin_cluster(grid, cluster) || machine->run_cluster() != Progress::ended)
        part.first.note(cluster, machine->fault_record);
    }
    give_back(std::move(machine));
  };
  uint64_t workers = grid.launch.flags >> SIGIL_THREADS_SHIFT;
  if (workers == 0) workers = std::max(1u, std::thread::hardware_concurrency());
  workers = std::min(workers, grid.clusters - part.held.size());
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < workers; i++) {
    others.emplace_back([&] {
      const SignalStack stack;
      const uint32_t patience = grid.launch.flags & 0xff;
      const StuckTimer timer(patience ? patience : 15);
      work();
    });
  }
  if (workers > 0) work();
  for (auto& other : others) other.join();
}

bool Row::finish(size_t index) {
  Part& part = parts_[index];
  if (part.first.record.code != 0) return false;
  Grid& grid = part.grid;
  grid.ahead_ended = true;
  const bool overlaps = can_overlap(index) && !parts_[index + 1].begun;
  // Held where every block has let the next grid start, if it does: before that none of the next
  // may.
  if (overlaps && !run_held(part, true)) return false;
  run_rest(part);
  if (part.first.record.code != 0) return false;
  if (overlaps) begin(index + 1);
  if (!part.held.empty() && !run_held(part, false)) return false;
  if (!grid.ahead || grid.waited) return true;
  // Its end would be no sign that those ahead have ended, for which the next one takes it.
  FaultRecord never{SIGIL_PREDECESSOR, ""};
  snprintf(never.text, sizeof never.text,
           "kernel %s was launched after a programmatic edge and ended without a "
           "wait_for_predecessor by any thread",
           grid.kernel->name);
  part.first.note(0, never);
  return false;
}

}  // namespace sigil::emulator
