// Tiles whose elements pass through registers: converted, gathered or unaligned ones. They are
// fetched before a block's products and deposited after them, so that the loads are under way
// meanwhile; until then they are held as they came, and nothing waits for them.
#pragma once
#include "gemm/tile.cuh"

namespace sigil {

/// Rows `stride` elements of any type apart, at any alignment.
template <class Element, int stride, int depth>
struct ScalarRows {
  const Element* matrix;
  struct Row {
    const Element* first;
  };
  SIGIL_DEVICE Row row(int index) const {
    return {matrix + static_cast<ptrdiff_t>(index) * stride};
  }
  template <int count>
  struct Held {
    Element elements[count];
  };
  template <int count>
  SIGIL_DEVICE void fetch(Held<count>& held, const Row& row, int k) const {
#pragma unroll
    for (int i = 0; i < count; i++) held.elements[i] = k + i < depth ? row.first[k + i] : Element{};
  }
  template <int count>
  SIGIL_DEVICE static void widen_all(float (&values)[count], const Held<count>& held) {
#pragma unroll
    for (int i = 0; i < count; i++) values[i] = widen(held.elements[i]);
  }
};

/// Row (image, y, x) is a patch of a [image, channels, height, width] picture, ordered (channel,
/// row, column); `vector` pixels are read at a time. Past the depth its last ones come again, so
/// that no load needs a branch: B has zeros there.
template <class Pixel, int channels, int height, int width, int patch, int grid_height,
          int grid_width, int vector>
struct Patches {
  static constexpr int depth = channels * patch * patch;
  static_assert(patch % vector == 0 && width % vector == 0);
  const Pixel* pictures;
  struct Row {
    const Pixel* first;
  };
  SIGIL_DEVICE Row row(int index) const {
    const int image = index / (grid_height * grid_width), cell = index % (grid_height * grid_width);
    return {pictures + static_cast<ptrdiff_t>(image) * (channels * height * width) +
            cell / grid_width * (patch * width) + cell % grid_width * patch};
  }
  template <int count>
  struct Held {
    float values[count];
  };
  template <int count>
  SIGIL_DEVICE void fetch(Held<count>& held, const Row& row, int k) const {
#pragma unroll
    for (int i = 0; i < count; i += vector) {
      const int at = k + i < depth ? k + i : depth - vector, channel = at / (patch * patch),
                inside = at % (patch * patch);
      float run[vector];
      load_run<vector>(
          run, row.first + channel * (height * width) + inside / patch * width + inside % patch);
#pragma unroll
      for (int j = 0; j < vector; j++) held.values[i + j] = run[j];
    }
  }
  template <int count>
  SIGIL_DEVICE static void widen_all(float (&values)[count], const Held<count>& held) {
#pragma unroll
    for (int i = 0; i < count; i++) values[i] = held.values[i];
  }
};

/// The same of a [image, height, width, channels] picture of bytes, ordered (row, column, channel),
/// so that a patch's lines are contiguous.
template <int channels, int height, int width, int patch, int grid_height, int grid_width,
          int vector>
struct BytePatches {
  static constexpr int line = patch * channels, pitch = width * channels, depth = patch * line;
  static_assert(line % vector == 0 && pitch % vector == 0);
  const uint8_t* pictures;
  struct Row {
    const uint8_t* first;
  };
  SIGIL_DEVICE Row row(int index) const {
    const int image = index / (grid_height * grid_width), cell = index % (grid_height * grid_width);
    return {pictures + static_cast<ptrdiff_t>(image) * (height * pitch) +
            cell / grid_width * (patch * pitch) + cell % grid_width * line};
  }
  template <int count>
  struct Held {
    Packet<vector> runs[count / vector];
  };
  template <int count>
  SIGIL_DEVICE void fetch(Held<count>& held, const Row& row, int k) const {
#pragma unroll
    for (int i = 0; i < count / vector; i++) {
      const int at = k + i * vector < depth ? k + i * vector : depth - vector;
      held.runs[i] =
          *reinterpret_cast<const Packet<vector>*>(row.first + at / line * pitch + at % line);
    }
  }
  template <int count>
  SIGIL_DEVICE static void widen_all(float (&values)[count], const Held<count>& held) {
#pragma unroll
    for (int i = 0; i < count; i++) values[i] = packet_byte(held.runs[i / vector], i % vector);
  }
};

template <class Tile, class Source>
struct GatherCopy {
  using Element = typename Tile::Element;

  SIGIL_DEVICE GatherCopy(const Source& source, int first_row, int rows)
      : source(source),
        chunk(thread_x() % Tile::chunks),
        remaining(rows - first_row - thread_x() / Tile::chunks),
        place(Tile::offset(thread_x() / Tile::chunks, chunk)) {
#pragma unroll
    for (int turn = 0; turn < Tile::turns; turn++)
      lines[turn] = source.row(turn * Tile::row_step < remaining
                                   ? first_row + thread_x() / Tile::chunks + turn * Tile::row_step
                                   : 0);
  }

  SIGIL_DEVICE void fetch(char*, int k) {
#pragma unroll
    for (int turn = 0; turn < Tile::turns; turn++) {
      held[turn] = {};
      if (Tile::takes(turn) && turn * Tile::row_step < remaining)
        source.fetch(held[turn], lines[turn], k + chunk * Tile::per_chunk);
    }
  }
  SIGIL_DEVICE void deposit(char* tile) const {
#pragma unroll
    for (int turn = 0; turn < Tile::turns; turn++) {
      if (!Tile::takes(turn)) continue;
      float values[Tile::per_chunk];
      Source::widen_all(values, held[turn]);
      store_run<Tile::per_chunk>(
          reinterpret_cast<Element*>(tile + place + turn * Tile::row_step * Tile::row_bytes),
          values);
    }
  }

 private:
  Source source;
  int chunk, remaining, place;
  typename Source::Row lines[Tile::turns];
  typename Source::template Held<Tile::per_chunk> held[Tile::turns];
};

}  // namespace sigil
