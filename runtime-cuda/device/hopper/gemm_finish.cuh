// From a slab of sums in registers to rows in global memory. A warp needs no other: its 16 rows
// pass, 64 columns at a time, through shared memory of its own (128-byte rows whose 16-byte chunks
// trade places by row, so no access meets a bank twice) and leave as 16-byte stores.
#pragma once
#include "common/vectors.cuh"
#include "hopper/gemm_config.cuh"
#include "platform/async_copy.cuh"

namespace sigil {

/// Where the calling lane reads and writes rows of a panel: row lane / 8 and every fourth below,
/// chunk lane % 8.
struct PanelLane {
  int lane = thread_x() % 32;

  SIGIL_DEVICE int row(int turn) const { return lane / 8 + 4 * turn; }
  SIGIL_DEVICE int column() const { return lane % 8 * 8; }
  SIGIL_DEVICE int offset(int turn) const {
    return row(turn) * 128 + ((lane % 8 ^ row(turn) % 8) << 4);
  }
};

/// Starts copying what the epilogue of a tile reads; `carried` has the shape of C.
template <class Config, int columns, class Result>
SIGIL_DEVICE void start_carrying(char* panels, const Result* carried, int warp_row, int tile_column,
                                 int rows) {
  const PanelLane at;
  const int left = rows - warp_row - at.row(0), room = columns - tile_column - at.column();
  const Result* const from =
      carried + static_cast<ptrdiff_t>(warp_row + at.row(0)) * columns + tile_column + at.column();
#pragma unroll
  for (int slab = 0; slab < Config::slabs; slab++)
#pragma unroll
    for (int panel = 0; panel < Config::panels; panel++)
#pragma unroll
      for (int turn = 0; turn < 4; turn++) {
        const bool exists = 64 * slab + 4 * turn < left && 64 * panel < room;
        copy_async<16>(
            panels + (slab * Config::panels + panel) * Config::panel_bytes + at.offset(turn),
            exists ? from + (64 * slab + 4 * turn) * columns + 64 * panel : carried,
            exists ? 16 : 0);
      }
  copy_async_commit();
}

/// As finish_slab; `ragged`: the tile may have columns that C has not.
template <class Config, int columns, bool ragged, class Finish, class Result>
SIGIL_DEVICE void finish_columns(const float (&sums)[Config::slabs][Config::tile_columns / 2],
                                 const Finish& finish, Result* c, char* panels, int warp_row,
                                 int tile_column, int rows) {
  static_assert(sizeof(Result) == 4 ? !Config::carries && columns % 2 == 0 : columns % 8 == 0);
  const PanelLane at;
  const int quad_row = at.lane / 4, quad_column = at.lane % 4 * 2;
  if constexpr (Config::carries) {
    copy_async_wait<0>();
    sync_warp();
  }
#pragma unroll
  for (int slab = 0; slab < Config::slabs; slab++) {
    const int first = warp_row + 64 * slab;
    if (first >= rows) break;
    const int above = first + quad_row, below = above + 8;
    const int left = rows - first - at.row(0), room = columns - tile_column - at.column();
    Result* const to =
        c + static_cast<ptrdiff_t>(first + at.row(0)) * columns + tile_column + at.column();
    const int known[2] = {above < rows ? above : rows - 1, below < rows ? below : rows - 1};
#pragma unroll
    for (int panel = 0; panel < Config::panels; panel++) {
      if (ragged && tile_column + 64 * panel >= columns) break;
      char* const place =
          panels + (Config::carries ? (slab * Config::panels + panel) * Config::panel_bytes : 0);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        const int column = tile_column + 64 * panel + 8 * j + quad_column;
        if (ragged && column >= columns) continue;
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const float* const sum = sums[slab] + 4 * (8 * panel + j) + 2 * half;
          float values[2] = {sum[0], sum[1]};
          if constexpr (sizeof(Result) == 4) {
            finish(values, known[half], column);
            if (above + 8 * half < rows)
              store_run<2>(c + static_cast<ptrdiff_t>(above + 8 * half) * columns + column, values);
          } else {
            Result* const pair = reinterpret_cast<Result*>(place + (quad_row + 8 * half) * 128 +
                                                           ((j ^ quad_row) << 4)) +
                                 quad_column;
            if constexpr (Config::carries) {
              float carried[2];
              load_run<2>(carried, pair);
              finish(values, carried, known[half], column);
            } else
              finish(values, known[half], column);
            store_run<2>(pair, values);
          }
        }
      }
      if constexpr (sizeof(Result) == 2) {
        sync_warp();
#pragma unroll
        for (int turn = 0; turn < 4; turn++) {
          if (4 * turn < left && (!ragged || 64 * panel < room))
            *reinterpret_cast<Packet<16>*>(to + 4 * turn * columns + 64 * panel) =
                *reinterpret_cast<const Packet<16>*>(place + at.offset(turn));
        }
        sync_warp();
      }
    }
  }
}

/**
 * Finishes and stores a slab. `finish(values, row, column)` works on two neighbouring elements in
 * place; if the configuration carries a matrix, `finish(values, carried, row, column)`. Rows that
 * it gets are below `rows` (a repeated one where there is none), columns below `columns`, a
 * multiple of 8 for 16-bit results.
 */
template <class Config, int columns, class Finish, class Result>
SIGIL_DEVICE void finish_slab(const float (&sums)[Config::slabs][Config::tile_columns / 2],
                              const Finish& finish, Result* c, char* panels, int warp_row,
                              int tile_column, int rows) {
  // Only tiles at the right edge pay for its checks, which keep the compiler from interleaving the
  // elements' work.
  if (columns % Config::tile_columns != 0 && tile_column + Config::tile_columns > columns)
    finish_columns<Config, columns, true>(sums, finish, c, panels, warp_row, tile_column, rows);
  else
    finish_columns<Config, columns, false>(sums, finish, c, panels, warp_row, tile_column, rows);
}

}  // namespace sigil
