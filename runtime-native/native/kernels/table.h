// What the units of the instruction sets share with the rest: data alone. A function that two units
// had in common would be kept once, compiled for whichever the linker took.
#pragma once
#include <stdint.h>

namespace sigil::native {

/// Columns of a panel come in groups of this many on every instruction set, and sums over a row are
/// made in this many lanes, so that every set gives the same bits.
constexpr int64_t group = 16;
/// Registers of the bytecode: each is a tile.
constexpr int most_registers = 16;
/// Values of the largest tile: 32 by 32 of AMX, 14 by 32 and 9 by 48 of AVX-512.
constexpr int64_t most_tile_values = 32 * 32;
/// Columns of the widest panel.
constexpr int64_t widest_panel = 48;
/// Steps of a block of the depth: that much of the rows stays in the second-level cache while
/// panels pass. A function of the depth alone, whatever the number of threads.
constexpr int64_t longest_block = 1152;
/// Queries of a block of attention: tiles of 14 and of 9 rows divide them well.
constexpr int64_t query_block = 27;

/// In the order of `operations` in src/operations.ts.
enum class Op : uint8_t {
  load,
  constant,
  copy,
  add,
  sub,
  mul,
  div,
  max,
  min,
  add_operand,
  mul_operand,
  add_constant,
  mul_constant,
  max_constant,
  min_constant,
  neg,
  abs,
  sqrt,
  exp,
  tanh,
  erf,
  sigmoid,
  log1p,
  gelu,
  gelu_tanh,
  silu,
  quick_gelu,
  count
};

/// Whether `b` of its code is an operand, rather than a register.
static inline bool reads_operand(Op op) {
  return op == Op::load || op == Op::add_operand || op == Op::mul_operand;
}

/// `target` becomes the operation of `a` and `b`, which are registers, or `b` is an operand.
struct Code {
  uint8_t op;
  uint8_t target;
  uint8_t a;
  uint8_t b;
  float value;
};

enum class Index : uint8_t { column, element, periodic, scalar, strided, count };

/// Where rows lie that do not follow one another.
struct StridedRows {
  /// Elements from row to row, and before the first.
  int64_t stride;
  int64_t first;
  /// Rows of a line of a grid, and elements from line to line; no rows where there are no lines.
  int64_t of;
  int64_t line;
  /// Rows until the first comes again; none where it never does.
  int64_t period;

  int64_t start(int64_t row) const {
    if (period > 0) row %= period;
    return first + (of > 0 ? row / of * line + row % of * stride : row * stride);
  }
};

struct Operand {
  const float* data;
  Index index;
  /// periodic: rows until the first comes again.
  int64_t period;
  /// strided.
  StridedRows rows;
};

struct Expression {
  const Code* code;
  uint32_t length;
  uint32_t registers;
  const Operand* operands;
};

/// How a weight lies in its panels: groups of columns, all of them of one width but the last.
struct Panels {
  int64_t columns;
  /// Of a row of a, with the zeros that the product wants behind it.
  int64_t depth;
  /// Columns of a panel, a multiple of `group`.
  int64_t width;
};

enum class Type : uint8_t { float32, float16, bfloat16, count };

/// How a weight lies in its panels. Rows that are multiplied by int8 are rounded to integers.
enum class Storage : uint8_t { float32, float16, bfloat16, int8, count };

/// A weight kept as codes, unpacked panel by panel while it is multiplied. As quantizedPlaces of
/// spec/src/quantized.ts has them, in panels of `group` columns: [column group][k][column] of
/// codes, of 4 bits two to a byte, and [column group][group of k][column] of scales and zero
/// points.
struct Codes {
  /// 8: signed numbers; 4: places in `numbers`.
  int64_t bits;
  /// Values along the depth that share a scale.
  int64_t shared;
  const uint8_t* codes;
  const float* scales;
  /// Null where zero stands for zero.
  const float* zeros;
  float numbers[16];
};

/// What makes floats of a product of integers: its sums, less what belongs to their columns, times
/// a scale of the row and one of the column.
struct Scales {
  const float* rows;
  const float* columns;
  const int32_t* offsets;
};

/// c = epilogue(a b^T), or a block of rows of it, and of that what a block of the depth adds. A
/// unit is a part of the rows by a run of panels; of packing, a part of these rows.
struct Gemm {
  int64_t first_row, rows;
  const void* a;
  /// Bytes from row to row.
  int64_t a_stride;
  const void* b;
  /// In place of b where it is not null.
  const Codes* codes;
  /// Of integers.
  Scales scales;
  Panels panels;
  float* c;
  Expression epilogue;
  /// In steps of the depth, where rows are packed.
  int64_t k, steps;
  /// The block of the rows and of the depth as tiles read it: [tile][k][row].
  float* packed;
  int64_t row_blocks, packing_parts, panel_groups;
};

/// c = epilogue(a b^T) with a row-major b that the run computes. A unit is a row.
struct Dots {
  int64_t columns;
  int64_t depth;
  const float* a;
  int64_t a_stride;
  const float* b;
  float* c;
  Expression epilogue;
};

/// Rows of a Gemm cut out of pictures, as the compiler's PatchRows. A unit is a row of patches.
struct Patches {
  bool bytes;
  int64_t channels, height, width, patch, grid_height, grid_width;
  const void* pictures;
  void* out;
};

/// Rows of float32 as a product takes them, zeros behind them. A unit is a row.
struct Narrow {
  int64_t depth;
  const void* in;
  void* out;
  /// Bytes from row to row.
  int64_t in_stride, out_stride;
  /// Of each row, where it becomes integers.
  float* scales;
};

/// A unit is a part of the queries of one head of one sequence.
struct Attention {
  int64_t heads, head_size, queries, keys, query_stride, key_stride, value_stride;
  bool shared_query;
  float scale;
  const float *q, *k, *v, *mask;
  float *out, *probabilities;
  int64_t parts;
};

enum class Reduction : uint8_t { layer_norm, rms_norm, l2_normalize, mean, count };

/// A unit is a row; for `mean` an outer index.
struct RowReduce {
  Reduction kind;
  int64_t width, reduced;
  float epsilon;
  const float *x, *weight, *bias, *mask;
  float* out;
};

/// A unit is a row.
struct Map {
  int64_t width;
  float* out;
  StridedRows rows;
  Expression expression;
};

/// Rows of a weight, as they lie in a file or in memory, on their way into panels. A unit is a
/// panel.
struct Pack {
  Panels panels;
  /// Of the rows: at most that of the panels.
  int64_t depth;
  /// The stacked parts of the weight.
  const struct PackPart* parts;
  int64_t part_count;
  void* out;
};
struct PackPart {
  const void* rows;
  Type type;
  int64_t count;
};

/// Integers of a weight as they are read, [group of columns][k][column], on their way into panels.
/// A unit is a panel.
struct PackIntegers {
  Panels panels;
  /// Of the integers: at most that of the panels.
  int64_t depth;
  const int8_t* in;
  void* out;
  int32_t* offsets;
};

/// Each takes its arguments, a unit, and 64-byte aligned memory of the thread.
using Work = void (*)(const void* arguments, int64_t unit, char* scratch);

/// How an instruction set multiplies by weights of one storage.
struct Product {
  /// Panel widths, the preferred one first; 0 ends them.
  int64_t widths[3];
  /// Bytes of a value in a panel, and what a panel's depth is a multiple of.
  int64_t bytes, unit;
  /// Makes the rows that it takes, and bytes of a value in them; null where it takes float32.
  Work narrow;
  int64_t row_bytes;
  /// Both take Gemm. The first packs rows; null where the second reads them as they are, and the
  /// whole depth at once.
  Work pack_rows, gemm;
  /// Takes Pack, or PackIntegers.
  Work pack;
  /// Multiplies registers by registers and nothing else: what no product can be faster than. A unit
  /// has `peak_flops` operations.
  Work peak;
  int64_t peak_flops;
};

/// What an instruction set offers.
struct Table {
  const char* name;
  /// By the storage of the weight.
  Product products[(int)Storage::count];
  Work dots;
  Work patches;
  Work attention;
  Work row_reduce;
  Work map;
  /// Values as they lie in a file, at any address, to float32.
  void (*widen)(const void* in, Type type, int64_t count, float* out);
};

}  // namespace sigil::native
