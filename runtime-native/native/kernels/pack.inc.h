// Rows of a weight, or of keys, to a panel, and rows of a tile: [k][columns] and [k][rows].

/// Columns of at most `count` rows to rows of a matrix, which keeps the first `pitch` values of
/// each. Four columns at a time: returns how many of `depth` these are.
template <int count>
static inline int64_t transpose_fours(const float* const* rows, int64_t depth, float* out,
                                      int64_t pitch) {
  constexpr int registers = (count + V::lanes - 1) / V::lanes;
  int64_t k = 0;
  for (; k + 4 <= depth; k += 4, out += 4 * pitch) {
    typename V::T r[registers][4];
#pragma GCC unroll 4
    for (int n = 0; n < registers; n++) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++)
        r[n][i] = V::fours(rows + n * V::lanes + i, k, count - n * V::lanes);
      V::transpose_fours(r[n]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
#pragma GCC unroll 4
      for (int n = 0; n < registers; n++) {
        float* to = out + i * pitch + n * V::lanes;
        const int64_t left = pitch - n * V::lanes;
        if (left >= V::lanes)
          V::store(to, r[n][i]);
        else
          V::store_some(to, r[n][i], left);
      }
  }
  return k;
}

/// Sixteen rows, of which `count` exist, to columns of a matrix of `pitch`.
static void transpose(const float* rows, int64_t stride, int64_t count, int64_t depth, float* out,
                      int64_t pitch) {
  int64_t k = 0;
  if (count >= group) {
    const float* row[group];
    for (int64_t i = 0; i < group; i++) row[i] = rows + i * stride;
    k = transpose_fours<group>(row, depth, out, pitch);
  }
  V::transpose(rows + k, stride, count, depth - k, out + k * pitch, pitch);
}

/// A tile's rows to [k][row].
static void pack_tile(const float* rows, int64_t stride, int64_t count, int64_t depth, float* out) {
  // The last row in place of those that the tile does not have.
  const float* row[group];
  for (int64_t i = 0; i < group; i++) row[i] = rows + (i < count ? i : count - 1) * stride;
  int64_t k = count > 12  ? transpose_fours<16>(row, depth, out, count)
              : count > 8 ? transpose_fours<12>(row, depth, out, count)
              : count > 4 ? transpose_fours<8>(row, depth, out, count)
                          : transpose_fours<4>(row, depth, out, count);
  for (; k < depth; k++)
    for (int64_t r = 0; r < count; r++) out[k * count + r] = row[r][k];
}

/// `count` rows of `depth` floats, those past them zero, as `width` columns.
static void pack_panel(const float* rows, int64_t stride, int64_t count, int64_t width,
                       int64_t depth, float* out) {
  for (int64_t column = 0; column < width; column += group)
    transpose(rows + column * stride, stride, count - column, depth, out + column, width);
}

static inline float widened(uint16_t bits, Type type) {
  if (type == Type::bfloat16) {
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    __builtin_memcpy(&value, &wide, 4);
    return value;
  }
  const uint32_t sign = (uint32_t)(bits & 0x8000) << 16, rest = (uint32_t)(bits & 0x7fff) << 13;
  const uint32_t special = rest >= 0x0f800000 ? 0x7f800000 : 0;
  float value;
  __builtin_memcpy(&value, &rest, 4);
  value *= 0x1p112f;
  uint32_t wide;
  __builtin_memcpy(&wide, &value, 4);
  wide = wide | special | sign;
  __builtin_memcpy(&value, &wide, 4);
  return value;
}

/// To nearest, ties to even; a NaN stays one.
static inline uint16_t to_bfloat16(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline uint16_t to_float16(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return sign | 0x7e00;
  // 65520 and more round to infinity.
  if (bits >= 0x477ff000) return sign | 0x7c00;
  if (bits < 0x38800000) {
    // Subnormal: adding a half puts the bits that stay at the end of the fraction, rounded.
    float x;
    __builtin_memcpy(&x, &bits, 4);
    x += 0.5f;
    __builtin_memcpy(&bits, &x, 4);
    return sign | (uint16_t)(bits - 0x3f000000);
  }
  return sign | (uint16_t)((bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13);
}

static void widen(const void* in, Type type, int64_t count, float* out) {
  if (type == Type::float32) {
    __builtin_memcpy(out, in, 4 * count);
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    uint16_t bits;
    __builtin_memcpy(&bits, (const char*)in + 2 * i, 2);
    out[i] = widened(bits, type);
  }
}

/// Elements [k, k + count) of a row as float32.
static inline void read_row(const PackPart& part, int64_t row, int64_t depth, int64_t k,
                            int64_t count, float* out) {
  widen((const char*)part.rows + (row * depth + k) * (part.type == Type::float32 ? 4 : 2),
        part.type, count, out);
}

/// Sixteen rows of a weight at a time, 64 elements of each, zeros where there are none;
/// `put(k, count, rows)` takes them.
template <class F>
static inline void read_group(const Pack& p, int64_t column, F put) {
  alignas(64) float rows[group][64];
  for (int64_t k = 0; k < p.panels.depth; k += 64) {
    const int64_t count = p.panels.depth - k < 64 ? p.panels.depth - k : 64;
    const int64_t there = p.depth - k < count ? (p.depth < k ? 0 : p.depth - k) : count;
    for (int64_t i = 0; i < group; i++) {
      int64_t row = column + i, part = 0;
      while (part < p.part_count && row >= p.parts[part].count) row -= p.parts[part++].count;
      const int64_t read = part < p.part_count ? there : 0;
      if (read > 0) read_row(p.parts[part], row, p.depth, k, read, rows[i]);
      for (int64_t c = read; c < count; c++) rows[i][c] = 0;
    }
    put(k, count, &rows[0][0]);
  }
}

static void pack_float32(const void* arguments, int64_t panel, char*) {
  const Pack& p = *(const Pack*)arguments;
  const int64_t begin = panel * p.panels.width, width = panel_width(p.panels, panel);
  float* out = (float*)p.out + begin * p.panels.depth;
  for (int64_t column = 0; column < width; column += group)
    read_group(p, begin + column, [&](int64_t k, int64_t count, const float* rows) {
      transpose(rows, 64, group, count, out + k * width + column, width);
    });
}

/// 16 bits, [k / step][columns][step].
template <Type storage, int step>
static void pack_narrow(const void* arguments, int64_t panel, char*) {
  const Pack& p = *(const Pack*)arguments;
  const int64_t begin = panel * p.panels.width, width = panel_width(p.panels, panel);
  uint16_t* out = (uint16_t*)p.out + begin * p.panels.depth;
  for (int64_t column = 0; column < width; column += group)
    read_group(p, begin + column, [&](int64_t k, int64_t count, const float* rows) {
      for (int64_t c = 0; c < count; c += step)
        for (int64_t i = 0; i < group; i++)
          for (int64_t s = 0; s < step; s++) {
            const float value = rows[i * 64 + c + s];
            out[((k + c) / step * width + column + i) * step + s] =
                storage == Type::bfloat16 ? to_bfloat16(value) : to_float16(value);
          }
    });
}

static void narrow(const void* arguments, int64_t row, char*) {
  const Narrow& n = *(const Narrow*)arguments;
  const float* in = (const float*)((const char*)n.in + row * n.in_stride);
  uint16_t* out = (uint16_t*)((char*)n.out + row * n.out_stride);
  int64_t k = 0;
  for (; k + group <= n.depth; k += group) V::store_bfloat16(out + k, in + k);
  for (; k < n.depth; k++) out[k] = to_bfloat16(in[k]);
  for (; k < n.out_stride / 2; k++) out[k] = 0;
}
