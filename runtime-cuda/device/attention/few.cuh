// Attention of few queries: a block per query and head, which reads K and V once. Groups of lanes
// take a key each.
#pragma once
#include "attention/problem.cuh"
#include "common/reduce.cuh"

namespace sigil {

/// `lanes` threads share a key, each with `turns` runs of `run` channels.
template <int lanes_, int turns_, int run_, int threads_>
struct FewConfig {
  static constexpr int lanes = lanes_, turns = turns_, run = run_, threads = threads_,
                       warps = threads / 32, groups = threads / lanes,
                       channels = lanes * turns * run;
  template <class Shape>
  static constexpr int shared_bytes = 4 * ((Shape::keys + 3) / 4 * 4 + warps * channels + warps);
};

template <class Config, class Shape, class Q, class K, class V, class Mask, class Out>
SIGIL_DEVICE void attend_few(const Q* q, const K* k, const V* v, const Mask* mask, Out* out,
                             float* probabilities, float scale) {
  constexpr int lanes = Config::lanes, turns = Config::turns, run = Config::run, keys = Shape::keys,
                head_size = Shape::head_size;
  const int query = block_x() % Shape::queries, head = block_x() / Shape::queries % Shape::heads,
            batch = block_x() / (Shape::queries * Shape::heads);
  const int lane = thread_x() % lanes, group = thread_x() / lanes;
  float* const scores = reinterpret_cast<float*>(shared_memory());
  float* const partial = scores + (keys + 3) / 4 * 4;
  float* const scratch = partial + Config::warps * Config::channels;
  const auto channel = [&](int turn) { return (turn * lanes + lane) * run; };
  const auto exists = [&](int turn) {
    return head_size == Config::channels || channel(turn) < head_size;
  };

  float own[turns][run] = {};
  const Q* const from =
      q +
      (static_cast<ptrdiff_t>(Shape::shared_query ? 0 : batch) * Shape::queries + query) *
          Shape::query_stride +
      head * head_size;
#pragma unroll
  for (int turn = 0; turn < turns; turn++)
#pragma unroll
    for (int i = 0; i < run; i++)
      if (exists(turn)) own[turn][i] = widen(from[channel(turn) + i]);

  const K* const key_rows =
      k + static_cast<ptrdiff_t>(batch) * keys * Shape::key_stride + head * head_size;
  float largest = -INFINITY;
#pragma unroll 4
  for (int first = 0; first < keys; first += Config::groups) {
    const int key = first + group;
    float product = 0.0f;
    if (key < keys) {
#pragma unroll
      for (int turn = 0; turn < turns; turn++)
        if (exists(turn)) {
          float values[run];
          load_run<run>(values,
                        key_rows + static_cast<ptrdiff_t>(key) * Shape::key_stride + channel(turn));
#pragma unroll
          for (int i = 0; i < run; i++) product = multiply_add(own[turn][i], values[i], product);
        }
    }
    // All lanes of the warp take part, whether they have a key or not.
    product = reduce_lanes<Sum, lanes>(product);
    if (key < keys) {
      const float score =
          Shape::masked ? multiply_add(product, scale,
                                       widen(mask[static_cast<ptrdiff_t>(batch) * keys + key]))
                        : product * scale;
      largest = maximum(largest, score);
      if (lane == 0) scores[key] = score;
    }
  }
  largest = reduce_block<Maximum, Config::threads>(largest, scratch);
  sync_threads();
  float total = 0.0f;
  for (int key = thread_x(); key < keys; key += Config::threads) {
    const float weight = fast_exp2((scores[key] - largest) * log2_e);
    scores[key] = weight;
    total += weight;
  }
  const float inverse = 1.0f / reduce_block<Sum, Config::threads>(total, scratch);
  if constexpr (Shape::probabilities) {
    float* const to =
        probabilities +
        ((static_cast<ptrdiff_t>(batch) * Shape::heads + head) * Shape::queries + query) * keys;
    for (int key = thread_x(); key < keys; key += Config::threads) to[key] = scores[key] * inverse;
  }

  const V* const value_rows =
      v + static_cast<ptrdiff_t>(batch) * keys * Shape::value_stride + head * head_size;
  float sums[turns][run] = {};
#pragma unroll 4
  for (int key = group; key < keys; key += Config::groups) {
    const float weight = scores[key];
#pragma unroll
    for (int turn = 0; turn < turns; turn++)
      if (exists(turn)) {
        float values[run];
        load_run<run>(
            values, value_rows + static_cast<ptrdiff_t>(key) * Shape::value_stride + channel(turn));
#pragma unroll
        for (int i = 0; i < run; i++)
          sums[turn][i] = multiply_add(weight, values[i], sums[turn][i]);
      }
  }
  sync_warp();
#pragma unroll
  for (int turn = 0; turn < turns; turn++)
#pragma unroll
    for (int i = 0; i < run; i++) {
#pragma unroll
      for (int other = lanes; other < 32; other *= 2)
        sums[turn][i] += shuffle_xor(sums[turn][i], other);
      if (thread_x() % 32 < lanes)
        partial[thread_x() / 32 * Config::channels + channel(turn) + i] = sums[turn][i];
    }
  sync_threads();
  Out* const to =
      out + (static_cast<ptrdiff_t>(batch) * Shape::queries + query) * (Shape::heads * head_size) +
      head * head_size;
  for (int c = thread_x(); c < head_size; c += Config::threads) {
    float sum = 0.0f;
#pragma unroll
    for (int warp = 0; warp < Config::warps; warp++) sum += partial[warp * Config::channels + c];
    to[c] = narrow<Out>(sum * inverse);
  }
}

}  // namespace sigil
