// Products of integers: rows of float32 rounded to 8 bits, by weights of 8 bits. Sums are exact, so
// that every instruction set and WebAssembly have the same.

/// Two integers of 16 bits in a step, those of a panel widened on their way into the registers:
/// products of 8 bits would saturate.
struct IntegerPairs : Floats {
  using Value = uint16_t;
  static constexpr bool integers = true;
  static constexpr int64_t step = 2, row_bytes = 2;
  static constexpr int32_t bias = 0;
};
/// Four integers of 8 bits in a step. `added` to those of rows, so that they have no sign where an
/// instruction wants none.
template <int32_t added>
struct IntegerQuads : Floats {
  static constexpr bool integers = true;
  static constexpr int64_t step = 4, row_bytes = 1;
  static constexpr int32_t bias = added;
};

/// A row of float32 to integers from -127 to 127, and its scale, as roundRow of
/// compiler/src/backends/cpu/gemm-int8.ts does it. Where the row is all zeros the quotient is
/// infinite and its products NaN, which become zeros; a NaN or an infinity makes the scale so, and
/// the row with it. A panel's depth is a multiple of `group`, so that the last group has room.
template <class D>
static void round_row(const void* arguments, int64_t row, char*) {
  const Narrow& n = *(const Narrow*)arguments;
  const float* in = (const float*)((const char*)n.in + row * n.in_stride);
  char* out = (char*)n.out + row * n.out_stride;
  W most = W::all(0);
  for (int64_t k = 0; k < n.depth; k += group)
    most = max_or_nan(abs(W::load(in + k, n.depth - k)), most);
  const float whole = largest_or_nan(most), inverse = 127 / whole;
  n.scales[row] = whole / 127;
  for (int64_t k = 0; k < n.out_stride / D::row_bytes; k += group) {
    const W x = k < n.depth ? W::load(in + k, n.depth - k) : W::all(0);
    const W rounded = number_or_zero(round(mul(x, inverse)));
    D::store(out + k * D::row_bytes, max(W::all(-127), min(W::all(127), rounded)));
  }
}

/// [k / step][columns][step] of a panel, and what the sums of its columns are too large by.
template <class D>
static void pack_integers(const void* arguments, int64_t panel, char*) {
  const PackIntegers& p = *(const PackIntegers*)arguments;
  const int64_t begin = panel * p.panels.width, width = panel_width(p.panels, panel);
  int8_t* out = (int8_t*)p.out + begin * p.panels.depth;
  for (int64_t column = 0; column < width; column++) {
    const int64_t from = begin + column;
    const int8_t* in = p.in + from / group * p.depth * group + from % group;
    int32_t total = 0;
    for (int64_t k = 0; k < p.panels.depth; k++) {
      const int8_t value = k < p.depth ? in[k * group] : 0;
      out[(k / D::step * width + column) * D::step + k % D::step] = value;
      total += value;
    }
    p.offsets[from] = total * D::bias;
  }
}
