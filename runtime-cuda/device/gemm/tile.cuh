// A tile of a matrix in shared memory: rows along the depth, in chunks of 16 bytes. Chunks trade
// places by row, so that eight rows of one chunk (what ldmatrix and a quarter warp of 16-byte loads
// read) lie in different banks.
#pragma once
#include "common/vectors.cuh"

namespace sigil {

/// `rows` rows of `depth` elements, 64 or 128 bytes, filled by `threads` threads that take a chunk
/// each in turns.
template <class Element_, int rows_, int depth_, int threads_>
struct Tile {
  using Element = Element_;
  static constexpr int rows = rows_, depth = depth_, threads = threads_;
  static constexpr int row_bytes = depth * static_cast<int>(sizeof(Element));
  static constexpr int chunks = row_bytes / 16;
  static constexpr int per_chunk = 16 / static_cast<int>(sizeof(Element));
  static constexpr int bytes = rows * row_bytes;
  static_assert(row_bytes == 64 || row_bytes == 128, "rows of a tile are 64 or 128 bytes");
  static_assert(threads % chunks == 0, "a thread keeps its chunk from turn to turn");
  /// Rows between a thread's turns, and its turns.
  static constexpr int row_step = threads / chunks;
  static constexpr int turns = (rows + row_step - 1) / row_step;
  static_assert(row_step % 8 == 0 || turns == 1, "a thread's rows are swizzled alike");

  SIGIL_DEVICE static int offset(int row, int chunk) {
    const int swizzle = row_bytes == 128 ? row & 7 : (row >> 1) & 3;
    return row * row_bytes + ((chunk ^ swizzle) << 4);
  }
  /// Whether the calling thread has a row in a turn.
  SIGIL_DEVICE static bool takes(int turn) {
    return rows % row_step == 0 || thread_x() / chunks + turn * row_step < rows;
  }
};

}  // namespace sigil
