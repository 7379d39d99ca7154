// How a block of the Hopper GEMM divides its work and its shared memory.
#pragma once
#include "platform/barrier.cuh"
#include "platform/numbers.cuh"

namespace sigil {

/**
 * One warpgroup copies, `consumers` multiply; each keeps the sums of a slab of 64 * `slabs` rows by
 * `tile_columns`. Together: the slabs lie under one another in one tile. In turns (`alternate`):
 * each takes every other tile, so that one stores while the other multiplies. `cluster` blocks,
 * tiles below one another, share the tile of B: each fetches a part for all. `carries`: a matrix
 * shaped as C waits in shared memory for the epilogue. `gathers`: the copying warpgroup reads A or
 * B itself and holds a step of it: for that it keeps more registers, and two that multiply have
 * fewer.
 */
template <class Element_, int consumers_, int slabs_, int tile_columns_, int stages_, int cluster_,
          bool alternate_, bool carries_, bool gathers_ = false>
struct WarpgroupGemm {
  using Element = Element_;
  static constexpr int consumers = consumers_, slabs = slabs_, tile_columns = tile_columns_,
                       stages = stages_, cluster = cluster_;
  static constexpr bool alternate = alternate_, carries = carries_, gathers = gathers_;
  static constexpr int tile_depth = 64;
  static constexpr int slab_rows = 64 * slabs;
  static constexpr int tile_rows = alternate ? slab_rows : consumers * slab_rows;
  static constexpr int threads = 128 * (consumers + 1);
  /// Registers a thread, so that all fit 65536; with one consumer the launch bound suffices.
  static constexpr int producer_registers = gathers          ? 136
                                            : consumers == 2 ? 40
                                                             : 32,
                       consumer_registers = gathers          ? 184
                                            : consumers == 2 ? 232
                                                             : 160;

  /// Rows of 128 bytes, swizzled by 128: eight rows are a kibibyte.
  static constexpr int a_bytes = tile_rows * 128, b_bytes = tile_columns * 128,
                       stage_bytes = a_bytes + b_bytes;
  /// A panel: 16 rows of a warp by 64 columns, on their way to memory.
  static constexpr int panel_bytes = 16 * 128, panels = tile_columns / 64,
                       warp_bytes = panel_bytes * (carries ? slabs * panels : 1);
  static constexpr int panels_at = stages * stage_bytes;
  static constexpr int barriers_at = panels_at + consumers * 4 * warp_bytes;
  static constexpr int shared_bytes =
      barriers_at + (2 * stages + (alternate ? 2 : 0)) * static_cast<int>(sizeof(Barrier));
  static_assert(tile_columns % 64 == 0 && tile_columns <= 256 && tile_rows <= 256 &&
                slabs * tile_columns <= 256 && shared_bytes <= 232448);
  static_assert(consumers <= 3 && (!alternate || consumers == 2) &&
                tile_columns % (8 * cluster) == 0);
  static_assert(!gathers || consumers == 1 || (consumers == 2 && slabs == 1 && tile_columns <= 192),
                "registers for sums and for what is gathered");

  SIGIL_DEVICE static Barrier* full(int stage) {
    return reinterpret_cast<Barrier*>(shared_memory() + barriers_at) + stage;
  }
  SIGIL_DEVICE static Barrier* empty(int stage) { return full(stage) + stages; }
  /// Ends a phase when a consumer may multiply, that is when the other has all its stages.
  SIGIL_DEVICE static Barrier* turn(int consumer) { return full(2 * stages) + consumer; }
  SIGIL_DEVICE static char* a(int stage) { return shared_memory() + stage * stage_bytes; }
  SIGIL_DEVICE static char* b(int stage) { return a(stage) + a_bytes; }
};

/// The tiles of C in the order in which a persistent grid takes them: `group` rows of tiles at a
/// time, down each column, so that A's rows and B stay in L2. Tiles of a cluster count as one.
struct TileOrder {
  int down, across, group;

  SIGIL_DEVICE int count() const { return down * across; }
  SIGIL_DEVICE void locate(int index, int& row, int& column) const {
    const int first = index / (group * across) * group, inside = index % (group * across);
    const int height = down - first < group ? down - first : group;
    row = first + inside % height;
    column = inside / height;
  }
};

}  // namespace sigil
