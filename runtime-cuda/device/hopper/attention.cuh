// softmax(q k^T * scale) v by wgmma: one thread copies q, k and v by TMA out of wherever they lie
// (a packed projection too); warpgroups keep scores, weights and results in registers. The product
// for the next tile of keys and the one with the last tile's values run under the softmax.
#pragma once
#include "common/vectors.cuh"
#include "hopper/attention_config.cuh"
#include "hopper/ring.cuh"
#include "hopper/softmax.cuh"
#include "platform/cluster.cuh"
#include "platform/warpgroup.cuh"

namespace sigil {

template <class Config>
SIGIL_DEVICE void copy_attention(const AttentionMaps& maps, int items) {
  wait_for_predecessor();
  RingPosition<2> queries;
  RingPosition<Config::stages> at;
#pragma unroll 1
  for (int index = block_x(); index < items; index += grid_x()) {
    const AttentionItem<Config> item(index);
    Barrier* const query_full = Config::query_full(queries.stage);
    barrier_wait(Config::query_empty(queries.stage), queries.parity ^ 1);
    barrier_arrive_expect(query_full, Config::query_bytes + Config::query_rest_bytes);
    tensor_load_4d(Config::query(queries.stage), maps.query, query_full, 0, item.head,
                   item.first_query, item.batch);
    if constexpr (Config::rest > 0)
      tensor_load_4d(Config::query_rest(queries.stage), maps.query_rest, query_full, 64, item.head,
                     item.first_query, item.batch);
    queries.advance();
#pragma unroll 1
    for (int tile = 0; tile < Config::key_tiles; tile++) {
      const int first = tile * Config::key_tile;
      Barrier* const key_full = Config::key_full(at.stage);
      barrier_wait(Config::key_empty(at.stage), at.parity ^ 1);
      barrier_arrive_expect(key_full, Config::key_bytes + Config::key_rest_bytes);
      tensor_load_4d(Config::key(at.stage), maps.key, key_full, 0, item.head, first, item.batch);
      if constexpr (Config::rest > 0)
        tensor_load_4d(Config::key_rest(at.stage), maps.key_rest, key_full, 64, item.head, first,
                       item.batch);
      Barrier* const value_full = Config::value_full(at.stage);
      barrier_wait(Config::value_empty(at.stage), at.parity ^ 1);
      barrier_arrive_expect(value_full, Config::value_bytes);
#pragma unroll
      for (int strip = 0; strip < Config::strips; strip++)
        tensor_load_4d(Config::value(at.stage) + strip * Config::strip_bytes, maps.value,
                       value_full, strip * Config::strip, item.head, first, item.batch);
      at.advance();
    }
  }
}

/// A warpgroup's 64 queries: its sums, and where it is in the rings.
template <class Config>
struct AttentionConsumer {
  using Element = typename Config::Element;
  static constexpr int head_size = Config::head_size;
  float result[head_size / 2];
  RunningSoftmax softmax;
  float scale;
  const float* mask;
  RingPosition<2> queries;
  RingPosition<Config::stages> keys, values;

  /// One arrival a warp: each has waited for its own products.
  SIGIL_DEVICE static void release(Barrier* barrier) {
    if (thread_x() % 32 == 0) barrier_arrive(barrier);
  }
  SIGIL_DEVICE void release_keys() {
    release(Config::key_empty(keys.stage));
    keys.advance();
  }
  SIGIL_DEVICE void release_values() {
    release(Config::value_empty(values.stage));
    values.advance();
  }

  /// Scores, once they are there, to weights. `scale` includes log2(e).
  template <int n, int valid>
  SIGIL_DEVICE void soften(float (&scores)[n / 2], float (&factor)[2]) {
    if constexpr (Config::masked) {
      RunningSoftmax::add_mask<n, valid>(scores, mask, scale);
      mask += n;
      softmax.template add<n, valid>(scores, factor, 1.0f);
    } else
      softmax.template add<n, valid>(scores, factor, scale);
  }

  /// Starts scores = q k^T for n keys of the next stage.
  template <int n>
  SIGIL_DEVICE void start_scores(float (&scores)[n / 2]) const {
    const int row = thread_x() / 128 * 64;
    barrier_wait(Config::key_full(keys.stage), keys.parity);
    const uint64_t query =
        matrix_descriptor(Config::query(queries.stage) + row * 128, 16, 1024, Swizzle::bytes128);
    const uint64_t key = matrix_descriptor(Config::key(keys.stage), 16, 1024, Swizzle::bytes128);
    warpgroup_fence();
#pragma unroll
    for (int k = 0; k < 4; k++)
      warpgroup_multiply<Element, n, 0>(scores, query + 2 * k, key + 2 * k, k > 0);
    if constexpr (Config::rest > 0) {
      constexpr int bytes = Config::rest * 2;
      constexpr Swizzle swizzle = bytes == 32 ? Swizzle::bytes32 : Swizzle::bytes64;
      const uint64_t query_rest = matrix_descriptor(Config::query_rest(queries.stage) + row * bytes,
                                                    16, 8 * bytes, swizzle);
      const uint64_t key_rest =
          matrix_descriptor(Config::key_rest(keys.stage), 16, 8 * bytes, swizzle);
#pragma unroll
      for (int k = 0; k < Config::rest / 16; k++)
        warpgroup_multiply<Element, n, 0>(scores, query_rest + 2 * k, key_rest + 2 * k, true);
    }
    warpgroup_commit();
  }

  /// Starts result += weights v for n keys of the next stage.
  template <int n>
  SIGIL_DEVICE void start_result(const uint32_t (&weights)[n / 16][4], bool accumulate) {
    constexpr int row_bytes = Config::strip * 2;
    barrier_wait(Config::value_full(values.stage), values.parity);
    const uint64_t value =
        matrix_descriptor(Config::value(values.stage), Config::strip_bytes, 8 * row_bytes,
                          Config::strip == 64 ? Swizzle::bytes128 : Swizzle::bytes64);
    warpgroup_fence();
#pragma unroll
    for (int k = 0; k < n / 16; k++)
      warpgroup_multiply<Element, head_size, 1>(result, weights[k], value + row_bytes * k,
                                                accumulate || k > 0);
    warpgroup_commit();
  }

  /// The scores of the next n keys and the result of the `before` ones whose weights are at hand,
  /// at the same time; then the weights of the n.
  template <int before, int n, int valid>
  SIGIL_DEVICE void advance(const uint32_t (&weights)[before / 16][4], uint32_t (&next)[n / 16][4],
                            bool accumulate) {
    float scores[n / 2], factor[2];
    start_scores<n>(scores);
    start_result<before>(weights, accumulate);
    warpgroup_wait<1>();
    warpgroup_hold(scores);
    release_keys();
    soften<n, valid>(scores, factor);
    warpgroup_wait<0>();
    warpgroup_hold(result);
    // So that the next weights take the registers of those just used.
    warpgroup_hold(scores);
    release_values();
#pragma unroll
    for (int i = 0; i < head_size / 2; i++) result[i] *= factor[i / 2 % 2];
    pack_weights<Element, n>(next, scores);
  }

  template <int n, int valid>
  SIGIL_DEVICE void begin(uint32_t (&weights)[n / 16][4]) {
    float scores[n / 2], factor[2];
    softmax = RunningSoftmax();
    barrier_wait(Config::query_full(queries.stage), queries.parity);
    start_scores<n>(scores);
    warpgroup_wait<0>();
    warpgroup_hold(scores);
    release_keys();
    soften<n, valid>(scores, factor);
    pack_weights<Element, n>(weights, scores);
  }

  template <int n>
  SIGIL_DEVICE void end(const uint32_t (&weights)[n / 16][4], bool accumulate) {
    release(Config::query_empty(queries.stage));
    queries.advance();
    start_result<n>(weights, accumulate);
    warpgroup_wait<0>();
    warpgroup_hold(result);
    release_values();
  }

  /// `keys_mask` is null if nothing is masked.
  SIGIL_DEVICE void answer(const float* keys_mask) {
    mask = keys_mask;
    constexpr int tile = Config::key_tile, last = Config::last_tile, valid = Config::last_keys;
    if constexpr (Config::key_tiles == 1) {
      uint32_t weights[last / 16][4];
      begin<last, valid>(weights);
      end<last>(weights, false);
    } else if constexpr (valid == tile) {
      uint32_t weights[tile / 16][4];
      begin<tile, tile>(weights);
      // A loop even of one turn: written out, two equal tiles cost more registers than there are.
#pragma unroll 1
      for (int t = 1, tiles = opaque(Config::key_tiles); t < tiles; t++)
        advance<tile, tile, tile>(weights, weights, t > 1);
      end<tile>(weights, true);
    } else {
      uint32_t weights[tile / 16][4], final[last / 16][4];
      begin<tile, tile>(weights);
#pragma unroll 1
      for (int t = 1; t < Config::key_tiles - 1; t++)
        advance<tile, tile, tile>(weights, weights, t > 1);
      advance<tile, last, valid>(weights, final, Config::key_tiles > 2);
      end<last>(final, true);
    }
  }

  /// Keeps step with the rings for queries that do not exist. A warp releases what all its lanes
  /// have seen: no product holds them together here.
  SIGIL_DEVICE void pass() {
    const auto see = [](Barrier* barrier, uint32_t parity) {
      barrier_wait(barrier, parity);
      sync_warp();
    };
    see(Config::query_full(queries.stage), queries.parity);
    release(Config::query_empty(queries.stage));
    queries.advance();
#pragma unroll 1
    for (int tile = 0; tile < Config::key_tiles; tile++) {
      see(Config::key_full(keys.stage), keys.parity);
      release_keys();
      see(Config::value_full(values.stage), values.parity);
      release_values();
    }
  }

  /// Divides by the sums and stores the warp's 16 queries from `first` on, through 16 rows of
  /// shared memory of its own.
  SIGIL_DEVICE void store(Element* output, const AttentionItem<Config>& item, int first) const {
    constexpr int pitch = Config::result_pitch, chunks = head_size / 8;
    const int lane = thread_x() % 32;
    char* const rows = shared_memory() + Config::results_at + thread_x() / 32 * 16 * pitch;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float inverse = softmax.inverse(half);
#pragma unroll
      for (int j = 0; j < chunks; j++)
        store_run<2>(reinterpret_cast<Element*>(rows + (lane / 4 + 8 * half) * pitch + 16 * j) +
                         lane % 4 * 2,
                     {result[4 * j + 2 * half] * inverse, result[4 * j + 2 * half + 1] * inverse});
    }
    sync_warp();
#pragma unroll
    for (int i = lane; i < 16 * chunks; i += 32) {
      const int query = first + i / chunks;
      if (query < Config::queries)
        *reinterpret_cast<Packet<16>*>(
            output +
            ((static_cast<ptrdiff_t>(item.batch) * Config::queries + query) * Config::heads +
             item.head) *
                head_size +
            i % chunks * 8) =
            *reinterpret_cast<const Packet<16>*>(rows + i / chunks * pitch + i % chunks * 16);
    }
    sync_warp();
  }
};

/// The whole kernel. `mask` is [batch, keys], null if the configuration has none; `scale` includes
/// log2(e). Boxes of the maps: query 64 channels by 64 * consumers tokens, key 64 by key_tile,
/// `*_rest` as many tokens of `rest` channels, value `strip` by key_tile; swizzled by the bytes of
/// a row.
template <class Config>
SIGIL_DEVICE void attend_warpgroup(const AttentionMaps& maps, const float* mask,
                                   typename Config::Element* output, int batch, float scale) {
  const int warpgroup = thread_x() / 128;
  const int items = AttentionItem<Config>::count(batch);
  if (thread_x() == 0) {
    tensor_prefetch(maps.query);
    tensor_prefetch(maps.key);
    tensor_prefetch(maps.value);
#pragma unroll 1
    for (int i = 0; i < 2; i++) {
      barrier_init(Config::query_full(i), 1);
      barrier_init(Config::query_empty(i), 4 * Config::consumers);
    }
#pragma unroll 1
    for (int i = 0; i < Config::stages; i++) {
      barrier_init(Config::key_full(i), 1);
      barrier_init(Config::value_full(i), 1);
      barrier_init(Config::key_empty(i), 4 * Config::consumers);
      barrier_init(Config::value_empty(i), 4 * Config::consumers);
    }
    fence_barrier_init();
  }
  sync_threads();
  release_successor();

  if (warpgroup == Config::consumers) {
    if constexpr (Config::consumers > 1) registers_decrease<Config::producer_registers>();
    if (thread_x() / 32 == 4 * Config::consumers && elect_one())
      copy_attention<Config>(maps, items);
  } else {
    if constexpr (Config::consumers > 1) registers_increase<Config::consumer_registers>();
    wait_for_predecessor();
    AttentionConsumer<Config> consumer;
    consumer.scale = scale;
#pragma unroll 1
    for (int index = block_x(); index < items; index += grid_x()) {
      const AttentionItem<Config> item(index);
      const int first = item.first_query + warpgroup * 64;
      if (first >= Config::queries)
        consumer.pass();
      else {
        consumer.answer(Config::masked ? mask + static_cast<ptrdiff_t>(item.batch) * Config::keys
                                       : nullptr);
        consumer.store(output, item, first + thread_x() % 128 / 32 * 16);
      }
    }
  }
}

}  // namespace sigil
