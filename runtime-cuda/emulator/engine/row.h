// Grids one after another by programmatic edges. Of each, the first clusters are held where the
// next grid may start, so that this starts before they have ended: as early as a card could, as far
// as it can without them.
#pragma once
#include <deque>
#include <memory>
#include <vector>

#include "engine/machine.h"

namespace sigil::emulator {

/// The fault of the lowest cluster that had one, so that the report does not depend on which host
/// thread was faster.
struct FirstFault {
  std::mutex mutex;
  std::atomic<uint64_t> cluster{~uint64_t{0}};
  FaultRecord record;
  void note(uint64_t cluster, const FaultRecord& record);
};

class Row {
 public:
  ~Row();
  /// A grid behind all others; its kernel, launch, parameters and clusters are to be filled in
  /// before the row runs.
  Grid& add();
  /// Runs all of them. Null, or the fault that ended it.
  const FaultRecord* run();

 private:
  struct Part {
    Grid grid;
    /// Machines of its first clusters, in order; null once one has ended.
    std::vector<std::unique_ptr<Machine>> held;
    bool begun = false;
    FirstFault first;
  };

  /// Whether the next grid may start before this one has ended. Watched kernels run one after
  /// another: then all that is ahead of an access is known.
  bool can_overlap(size_t index) const;
  /// Starts the first clusters of a grid before those ahead have ended.
  void begin(size_t index);
  /// Takes the clusters to be held if none are, and runs them as far as they come; false after a
  /// fault.
  bool run_held(Part& part, bool until_released);
  /// Runs the clusters that are not held.
  void run_rest(Part& part);
  /// Runs a grid to its end, all ahead of which have ended; false after a fault.
  bool finish(size_t index);

  std::deque<Part> parts_;
  size_t finishing_ = 0;
};

}  // namespace sigil::emulator
