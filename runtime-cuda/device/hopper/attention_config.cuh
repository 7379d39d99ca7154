// How a block of the Hopper attention divides its work and its shared memory.
#pragma once
#include "platform/barrier.cuh"
#include "platform/numbers.cuh"
#include "platform/tensor_copy.cuh"

namespace sigil {

/// The tensor maps of q, k and v: sizes (channel of a head, head, token, batch). `*_rest` are used
/// by heads wider than 64 channels only.
struct AttentionMaps {
  const TensorMap *query, *query_rest, *key, *key_rest, *value;
};

/**
 * One warpgroup copies; each of `consumers` answers 64 queries. Keys come in tiles of `key_tile`,
 * the last of as many as are left, rounded up to 16: all sizes are known when compiling, so no tile
 * is larger than it must be. `masked`: a value for each key of a batch is added to its scores. A
 * head of 64 channels is one 128-byte row. In wider ones (72, 96) q and k have the rest in rows of
 * their own (16 channels, of which zeros fill some, or 32), and v lies in three strips of 32
 * channels, which one product of any width up to 96 can read.
 */
template <class Element_, int heads_, int head_size_, int queries_, int keys_, int consumers_,
          int key_tile_, int stages_, bool masked_>
struct WarpgroupAttention {
  using Element = Element_;
  static constexpr int heads = heads_, head_size = head_size_, queries = queries_, keys = keys_,
                       consumers = consumers_, key_tile = key_tile_, stages = stages_;
  static constexpr bool masked = masked_;
  static constexpr int threads = 128 * (consumers + 1);
  static constexpr int block_queries = 64 * consumers,
                       query_tiles = (queries + block_queries - 1) / block_queries;
  static constexpr int key_tiles = (keys + key_tile - 1) / key_tile;
  static constexpr int last_keys = keys - (key_tiles - 1) * key_tile,
                       last_tile = (last_keys + 15) / 16 * 16;
  /// Registers a thread, as many as scores, weights and results of the longest tiles take.
  static constexpr int producer_registers = key_tiles == 1 ? 40 : 24,
                       consumer_registers = key_tiles == 1 ? 232 : 240;
  static_assert(head_size == 64 || head_size == 72 || head_size == 96);
  static_assert(key_tile % 16 == 0 && key_tile <= 256 && consumers <= 2);
  static_assert(key_tiles == 1 || last_tile < key_tile || last_keys == key_tile,
                "a last tile that is not full must be smaller");

  /// Channels in rows of their own, and the depth of q k^T.
  static constexpr int rest = head_size == 64 ? 0 : head_size == 72 ? 16 : 32;
  static constexpr int strip = head_size == 64 ? 64 : 32, strips = head_size == 64 ? 1 : 3;
  static constexpr int query_bytes = block_queries * 128,
                       query_rest_bytes = block_queries * rest * 2;
  static constexpr int key_bytes = key_tile * 128, key_rest_bytes = key_tile * rest * 2;
  static constexpr int strip_bytes = key_tile * strip * 2, value_bytes = strips * strip_bytes;
  /// Bytes between rows of results on their way out: an odd number of 16-byte chunks, so that eight
  /// rows of one chunk lie in different banks.
  static constexpr int result_pitch = head_size / 8 % 2 == 1 ? head_size * 2 : head_size * 2 + 16;

  static constexpr int keys_at = 2 * query_bytes, values_at = keys_at + stages * key_bytes;
  static constexpr int query_rest_at = values_at + stages * value_bytes,
                       key_rest_at = query_rest_at + 2 * query_rest_bytes;
  static constexpr int results_at = key_rest_at + stages * key_rest_bytes;
  static constexpr int barriers_at = results_at + block_queries * result_pitch;
  static constexpr int shared_bytes =
      barriers_at + (4 + 4 * stages) * static_cast<int>(sizeof(Barrier));
  static_assert(shared_bytes <= 232448);

  SIGIL_DEVICE static char* query(int buffer) { return shared_memory() + buffer * query_bytes; }
  SIGIL_DEVICE static char* query_rest(int buffer) {
    return shared_memory() + query_rest_at + buffer * query_rest_bytes;
  }
  SIGIL_DEVICE static char* key(int stage) { return shared_memory() + keys_at + stage * key_bytes; }
  SIGIL_DEVICE static char* key_rest(int stage) {
    return shared_memory() + key_rest_at + stage * key_rest_bytes;
  }
  SIGIL_DEVICE static char* value(int stage) {
    return shared_memory() + values_at + stage * value_bytes;
  }
  SIGIL_DEVICE static Barrier* query_full(int buffer) {
    return reinterpret_cast<Barrier*>(shared_memory() + barriers_at) + buffer;
  }
  SIGIL_DEVICE static Barrier* query_empty(int buffer) { return query_full(2) + buffer; }
  SIGIL_DEVICE static Barrier* key_full(int stage) { return query_full(4) + stage; }
  SIGIL_DEVICE static Barrier* key_empty(int stage) { return key_full(stages) + stage; }
  SIGIL_DEVICE static Barrier* value_full(int stage) { return key_full(2 * stages) + stage; }
  SIGIL_DEVICE static Barrier* value_empty(int stage) { return key_full(3 * stages) + stage; }
};

/// A piece of work: 64 * consumers queries of a head. Those of one head follow one another, so that
/// its keys and values stay in L2.
template <class Config>
struct AttentionItem {
  int batch, head, first_query;

  SIGIL_DEVICE explicit AttentionItem(int index)
      : batch(index / (Config::query_tiles * Config::heads)),
        head(index / Config::query_tiles % Config::heads),
        first_query(index % Config::query_tiles * Config::block_queries) {}
  SIGIL_DEVICE static int count(int batch) { return batch * (Config::heads * Config::query_tiles); }
};

}  // namespace sigil
