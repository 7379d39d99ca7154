// A program as src/encode.ts writes it, checked: what it says of memory lies inside that memory
// for every batch up to the largest, and nothing in it is out of range. Trusted afterwards.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>
#include "kernels/table.h"

namespace sigil::native {

/// Raised with every change of what src/encode.ts writes, where it stands too.
constexpr double descriptor_version = 4;

/// A factor times symbols.
struct Extent {
  int64_t factor = 1;
  std::vector<uint32_t> symbols;
};

enum class Space : uint8_t { arena, constants, weight, none };

/// Bytes into a space, or the number of a weight.
struct Place {
  Space space = Space::none;
  int64_t at = 0;
};

struct ExpressionText {
  std::vector<Code> code;
  /// With their places, `data` to be filled in.
  std::vector<Operand> operands;
  std::vector<Place> places;
  uint32_t registers = 1;
};

enum class Family : uint8_t { gemm, dots, attention, row_reduce, map, count };

struct Launch {
  Family family;
  /// Rows of a Gemm, of a reduction or a map; the batch of attention.
  Extent rows;
  /// Of dots.
  Extent columns;
  /// In the order of the kernel's problem, the last ones written.
  std::vector<Place> operands;
  ExpressionText expression;
  /// Gemm: whether its rows are cut out of pictures, and how.
  enum class Rows : uint8_t { matrix, patches, bytes, count } a = Rows::matrix;
  int64_t depth = 0, stride = 0;
  Patches patches{};
  Attention attention{};
  RowReduce row_reduce{};
  int64_t width = 0;
  StridedRows written{};
};

struct Weight {
  /// Of float32 where it is not.
  bool panels;
  Storage storage;
  int64_t rows, columns;
  /// Of codes, which stand for float32, or of integers; no bits where the weight is floats.
  int64_t bits = 0;
  /// Columns that share a scale.
  int64_t shared = 1;
  /// Whether they share a zero point too.
  bool zero_points = false;
  /// Of the codes of 4 bits.
  float numbers[16] = {};

  /// As quantizedPlaces of spec/src/quantized.ts has them, with panels of `group` rows.
  int64_t scales_offset() const;
  /// Of all scales, and of all zero points where there are any.
  int64_t scale_bytes() const;
  int64_t code_bytes() const;
};

struct Descriptor {
  int64_t arena_bytes = 0, constant_bytes = 0;
  /// The largest value of each symbol.
  std::vector<int64_t> symbols;
  std::vector<Weight> weights;
  std::vector<Launch> init, launches;

  /// Throws Failure descriptor, with the launch and what is wrong with it.
  static Descriptor decode(const double* words, size_t count);
};

/// The value of an extent, within what decode has checked.
int64_t value_of(const Extent& extent, const std::vector<int64_t>& symbols);

}  // namespace sigil::native
