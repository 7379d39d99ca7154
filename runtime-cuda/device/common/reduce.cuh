// Sums and maxima over lanes of a warp and over a block.
#pragma once
#include "platform/numbers.cuh"

namespace sigil {

struct Sum {
  static SIGIL_DEVICE float of(float a, float b) { return a + b; }
};
struct Maximum {
  static SIGIL_DEVICE float of(float a, float b) { return maximum(a, b); }
};

/// Over groups of `lanes` neighbours, a power of two up to 32; every lane of the warp takes part
/// and gets its group's result.
template <class Operation, int lanes>
SIGIL_DEVICE float reduce_lanes(float value) {
#pragma unroll
  for (int mask = lanes / 2; mask > 0; mask /= 2)
    value = Operation::of(value, shuffle_xor(value, mask));
  return value;
}

/// Over all threads of the block; `scratch` holds a float per warp, and is free again when the next
/// barrier is passed.
template <class Operation, int threads>
SIGIL_DEVICE float reduce_block(float value, float* scratch) {
  value = reduce_lanes<Operation, 32>(value);
  if constexpr (threads == 32) return value;
  sync_threads();
  if (thread_x() % 32 == 0) scratch[thread_x() / 32] = value;
  sync_threads();
  float result = scratch[0];
#pragma unroll
  for (int warp = 1; warp < threads / 32; warp++) result = Operation::of(result, scratch[warp]);
  return result;
}

}  // namespace sigil
