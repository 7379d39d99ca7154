// A launch under way: what its clusters share.
#pragma once
#include <atomic>

#include "engine/global_watch.h"
#include "engine/launch.h"

namespace sigil::emulator {

struct Kernel;

struct Grid {
  const Kernel* kernel = nullptr;
  SigilLaunch launch = {};
  alignas(64) char parameters[4096];
  uint64_t clusters = 0;
  /// The one that it follows by a programmatic edge; null: whatever was before has ended.
  const Grid* ahead = nullptr;
  /// Whether all that is ahead has ended. Set while none of its threads run.
  bool ahead_ended = true;
  /// Whether any thread has waited for what is ahead.
  std::atomic<bool> waited{false};
  /// Of checked kernels.
  GlobalWatch global;

  bool may_be_early() const { return ahead && !ahead_ended; }
};

}  // namespace sigil::emulator
