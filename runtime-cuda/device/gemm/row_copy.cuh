// Tiles copied by cp.async from rows of a matrix of the same element type.
#pragma once
#include "gemm/tile.cuh"
#include "platform/async_copy.cuh"

namespace sigil {

/// Rows `stride` elements apart, of which `depth` count; every run of `vector` elements is aligned,
/// and at least four bytes. Elements past the depth and rows past the last arrive as zeros.
template <class Tile, int stride, int depth, int vector>
struct RowCopy {
  using Element = typename Tile::Element;
  static constexpr int piece = vector * static_cast<int>(sizeof(Element));

  SIGIL_DEVICE RowCopy(const Element* matrix, int first_row, int rows)
      : chunk(thread_x() % Tile::chunks),
        remaining(rows - first_row - thread_x() / Tile::chunks),
        place(Tile::offset(thread_x() / Tile::chunks, chunk)),
        from(matrix + static_cast<ptrdiff_t>(first_row + thread_x() / Tile::chunks) * stride +
             chunk * Tile::per_chunk) {}

  /// Starts copying depths `k` onwards.
  SIGIL_DEVICE void fetch(char* tile, int k) const {
#pragma unroll
    for (int turn = 0; turn < Tile::turns; turn++) {
      if (!Tile::takes(turn)) break;
      const bool exists = turn * Tile::row_step < remaining;
#pragma unroll
      for (int p = 0; p < Tile::per_chunk; p += vector) {
        int valid = piece;
        if constexpr (depth % Tile::depth != 0) {
          const int left =
              (depth - k - chunk * Tile::per_chunk - p) * static_cast<int>(sizeof(Element));
          valid = left < 0 ? 0 : left < piece ? left : piece;
        }
        // An address outside the matrix is never read: its copy is of no bytes.
        copy_async<piece>(tile + place + turn * Tile::row_step * Tile::row_bytes +
                              p * static_cast<int>(sizeof(Element)),
                          from + static_cast<ptrdiff_t>(turn) * Tile::row_step * stride + k + p,
                          exists ? valid : 0);
      }
    }
  }
  SIGIL_DEVICE void deposit(char*) const {}

 private:
  int chunk, remaining, place;
  const Element* from;
};

}  // namespace sigil
