// Means over the middle axis of [outer, reduced, width]: 32 threads along the width, warps share
// the axis.
#pragma once
#include "common/vectors.cuh"

namespace sigil {

template <int run, int threads>
constexpr int mean_shared_bytes = threads * (run + 1) * 4;

/// Rows whose `mask` is below zero do not count.
template <int width, int reduced, int run, int threads, bool masked, class X, class Mask, class Y>
SIGIL_DEVICE void mean_rows(const X* x, const Mask* mask, Y* y) {
  constexpr int pieces = (width + 32 * run - 1) / (32 * run), warps = threads / 32;
  const int lane = thread_x() % 32, warp = thread_x() / 32;
  const int row = block_x() / pieces, column = (block_x() % pieces * 32 + lane) * run;
  const bool exists = column < width;
  float sums[run] = {}, counted = 0.0f;
  for (int token = warp; token < reduced; token += warps) {
    const ptrdiff_t at = static_cast<ptrdiff_t>(row) * reduced + token;
    if constexpr (masked) {
      if (!(widen(mask[at]) >= 0.0f)) continue;
    }
    counted += 1.0f;
    if (!exists) continue;
    float values[run];
    load_run<run>(values, x + at * width + column);
#pragma unroll
    for (int i = 0; i < run; i++) sums[i] += values[i];
  }
  // One more float a thread than it has sums, for how many it counted.
  float* const shared = reinterpret_cast<float*>(shared_memory());
#pragma unroll
  for (int i = 0; i < run; i++) shared[i * threads + thread_x()] = sums[i];
  shared[run * threads + thread_x()] = counted;
  sync_threads();
  if (warp != 0 || !exists) return;
#pragma unroll
  for (int other = 1; other < warps; other++) {
#pragma unroll
    for (int i = 0; i < run; i++) sums[i] += shared[i * threads + other * 32 + lane];
    counted += shared[run * threads + other * 32 + lane];
  }
#pragma unroll
  for (int i = 0; i < run; i++) sums[i] /= counted;
  store_run<run>(y + static_cast<ptrdiff_t>(row) * width + column, sums);
}

}  // namespace sigil
