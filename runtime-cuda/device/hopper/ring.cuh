// Where a thread is in a ring of stages that others fill and empty.
#pragma once
#include "platform/barrier.cuh"

namespace sigil {

/// The next stage, and the parity of the phase in which its `full` barrier hands it over; its
/// `empty` barrier ends that phase before it is filled again.
template <int stages>
struct RingPosition {
  int stage = 0;
  uint32_t parity = 0;

  SIGIL_DEVICE void advance() {
    if (++stage == stages) {
      stage = 0;
      parity ^= 1;
    }
  }
  /// As `count` calls of advance.
  SIGIL_DEVICE void skip(int count) {
    stage += count;
    parity ^= stage / stages & 1;
    stage %= stages;
  }
};

}  // namespace sigil
