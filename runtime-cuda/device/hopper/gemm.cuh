// C = epilogue(A B^T) by wgmma: a persistent grid of blocks in which one thread copies tiles by TMA
// into a ring and warpgroups multiply out of it, each finishing its own rows, so that neither
// copies nor products wait for an epilogue that is not theirs.
#pragma once
#include "hopper/gemm_finish.cuh"
#include "hopper/ring.cuh"
#include "platform/cluster.cuh"
#include "platform/tensor_copy.cuh"
#include "platform/warpgroup.cuh"

namespace sigil {

/// What the copying warpgroup goes through: tile after tile of C, and for each the steps along the
/// depth.
struct CopyOrder {
  TileOrder tiles;
  int cluster_index, clusters, rank;
};

/// Starts a block's part of a tile of B on its way, to all blocks of the cluster.
template <class Config>
SIGIL_DEVICE void copy_b(const TensorMap* map, int stage, int column, int step, int rank) {
  constexpr int part = Config::tile_columns / Config::cluster;
  char* const place = Config::b(stage) + rank * (part * 128);
  const int first = column * Config::tile_columns + rank * part;
  if constexpr (Config::cluster == 1)
    tensor_load_2d(place, map, Config::full(stage), step * Config::tile_depth, first);
  else
    tensor_load_2d_multicast(place, map, Config::full(stage), step * Config::tile_depth, first,
                             (1 << Config::cluster) - 1);
}

/// A and B that TMA can fetch. Boxes of A are 64 by tile_rows, those of B 64 by tile_columns /
/// cluster, all swizzled by 128 bytes; past the depth both are zeros.
struct CopiedTiles {
  const TensorMap *map_a, *map_b;
  /// Of the copying warpgroup at a stage's `full` barrier.
  static constexpr int arrivals = 1;

  SIGIL_DEVICE void prefetch() const {
    tensor_prefetch(map_a);
    tensor_prefetch(map_b);
  }

  /// Fills the ring. The first stages of B, a weight, are fetched before the kernels ahead have
  /// ended.
  template <class Config, int steps>
  SIGIL_DEVICE void fill(const CopyOrder& order, int) const {
    if (thread_x() % 128 >= 32 || !elect_one()) return;
    constexpr int early = Config::stages < steps ? Config::stages : steps;
    int row, column;
    order.tiles.locate(order.cluster_index, row, column);
#pragma unroll 1
    for (int step = 0; step < early; step++) {
      barrier_arrive_expect(Config::full(step), Config::stage_bytes);
      copy_b<Config>(map_b, step, column, step, order.rank);
    }
    wait_for_predecessor();
    int fetched = early;
    RingPosition<Config::stages> at;
#pragma unroll 1
    for (int tile = order.cluster_index; tile < order.tiles.count(); tile += order.clusters) {
      order.tiles.locate(tile, row, column);
      const int first_row = (row * Config::cluster + order.rank) * Config::tile_rows;
#pragma unroll 1
      for (int step = 0; step < steps; step++) {
        if (fetched > 0)
          fetched--;
        else {
          barrier_wait(Config::empty(at.stage), at.parity ^ 1);
          barrier_arrive_expect(Config::full(at.stage), Config::stage_bytes);
          copy_b<Config>(map_b, at.stage, column, step, order.rank);
        }
        tensor_load_2d(Config::a(at.stage), map_a, Config::full(at.stage),
                       step * Config::tile_depth, first_row);
        at.advance();
      }
    }
  }
};

/**
 * Multiplies one tile's stages into the calling warpgroup's sums. `slab_at`: bytes from a stage to
 * the warpgroup's rows of A. Who skips stages must not get ahead of them: a parity tells only
 * neighbouring phases apart. So consumers that alternate hand over `next` once they have seen their
 * last stage.
 */
template <class Config, int steps>
SIGIL_DEVICE void multiply_tile(float (&sums)[Config::slabs][Config::tile_columns / 2],
                                RingPosition<Config::stages>& at, int slab_at, Barrier* next) {
  using Element = typename Config::Element;
  const int lane = thread_x() % 32;
  // A lane for each block that fetched a part of the stage.
  const auto release = [&](int stage) {
    if (lane < Config::cluster) {
      if constexpr (Config::cluster == 1)
        barrier_arrive(Config::empty(stage));
      else
        barrier_arrive_remote(Config::empty(stage), lane);
    }
  };
  int behind = 0;
#pragma unroll 1
  for (int step = 0; step < steps; step++) {
    barrier_wait(Config::full(at.stage), at.parity);
    const uint64_t a =
        matrix_descriptor(Config::a(at.stage) + slab_at, 16, 1024, Swizzle::bytes128);
    const uint64_t b = matrix_descriptor(Config::b(at.stage), 16, 1024, Swizzle::bytes128);
    warpgroup_fence();
#pragma unroll
    for (int k = 0; k < Config::tile_depth / 16; k++)
#pragma unroll
      for (int slab = 0; slab < Config::slabs; slab++)
        warpgroup_multiply<Element, Config::tile_columns, 0>(sums[slab], a + 2 * k + 512 * slab,
                                                             b + 2 * k, step > 0 || k > 0);
    warpgroup_commit();
    if (Config::alternate && step == steps - 1 && lane == 0) barrier_arrive(next);
    warpgroup_wait<1>();
    if (step > 0) release(behind);
    behind = at.stage;
    at.advance();
  }
  warpgroup_wait<0>();
  release(behind);
#pragma unroll
  for (int slab = 0; slab < Config::slabs; slab++) warpgroup_hold(sums[slab]);
}

/// The whole kernel. `depth`: columns of A and B, which `copies` brings into the ring. `carried` is
/// null if the configuration carries nothing.
template <class Config, int depth, int columns, int group, class Copies, class Finish, class Result>
SIGIL_DEVICE void multiply_warpgroup(const Copies& copies, const Finish& finish,
                                     const Result* carried, Result* c, int rows) {
  constexpr int steps = (depth + Config::tile_depth - 1) / Config::tile_depth;
  constexpr int cluster_rows = Config::tile_rows * Config::cluster;
  const int warpgroup = thread_x() / 128, warp = thread_x() / 32;
  const int rank = Config::cluster == 1 ? 0 : static_cast<int>(cluster_rank());
  const int cluster_index = block_x() / Config::cluster, clusters = grid_x() / Config::cluster;
  const TileOrder order{(rows + cluster_rows - 1) / cluster_rows,
                        (columns + Config::tile_columns - 1) / Config::tile_columns, group};

  if (thread_x() == 0) {
    copies.prefetch();
#pragma unroll 1
    for (int stage = 0; stage < Config::stages; stage++) {
      barrier_init(Config::full(stage), Copies::arrivals);
      barrier_init(Config::empty(stage),
                   4 * (Config::alternate ? 1 : Config::consumers) * Config::cluster);
    }
    if constexpr (Config::alternate) {
      barrier_init(Config::turn(0), 4);
      barrier_init(Config::turn(1), 4);
    }
    fence_barrier_init();
  }
  sync_warp();
  if constexpr (Config::cluster == 1)
    sync_threads();
  else
    sync_cluster();
  release_successor();

  if (warpgroup == Config::consumers) {
    if constexpr (Config::consumers > 1) registers_decrease<Config::producer_registers>();
    if (cluster_index < order.count())
      copies.template fill<Config, steps>({order, cluster_index, clusters, rank}, rows);
  } else {
    if constexpr (Config::consumers > 1) registers_increase<Config::consumer_registers>();
    wait_for_predecessor();
    float sums[Config::slabs][Config::tile_columns / 2];
    RingPosition<Config::stages> at;
    char* const panels = shared_memory() + Config::panels_at + warp * Config::warp_bytes;
    const int slab_row = Config::alternate ? 0 : warpgroup * Config::slab_rows;
    // The first turn is consumer 0's without anyone's leave.
    uint32_t turn = warpgroup == 0 ? 1 : 0;
    if (Config::alternate && warpgroup == 1) at.skip(steps);
#pragma unroll 1
    for (int tile = cluster_index + (Config::alternate ? warpgroup * clusters : 0);
         tile < order.count(); tile += (Config::alternate ? 2 : 1) * clusters) {
      int row, column;
      order.locate(tile, row, column);
      const int warp_row =
                    (row * Config::cluster + rank) * Config::tile_rows + slab_row + warp % 4 * 16,
                tile_column = column * Config::tile_columns;
      if constexpr (Config::carries)
        start_carrying<Config, columns>(panels, carried, warp_row, tile_column, rows);
      if constexpr (Config::alternate) {
        barrier_wait(Config::turn(warpgroup), turn);
        turn ^= 1;
      }
      multiply_tile<Config, steps>(sums, at, slab_row * 128,
                                   Config::alternate ? Config::turn(1 - warpgroup) : nullptr);
      if constexpr (Config::alternate) at.skip(steps);
      finish_slab<Config, columns>(sums, finish, c, panels, warp_row, tile_column, rows);
    }
  }
  // A block's barriers and stages are its neighbour's too, until both are done.
  if constexpr (Config::cluster > 1) {
    sync_warp();
    sync_cluster();
  }
}

}  // namespace sigil
