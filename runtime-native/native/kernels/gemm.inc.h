// The register tile, and what is made of it. V::tile_rows(n) is how many rows a tile of n registers
// across has on this instruction set.

constexpr int across(int64_t columns) { return (int)(columns / V::lanes); }

/// How rows and panels are multiplied. Of rows, a step of the tile takes four bytes: a float, two
/// values of bfloat16 or of 16 bits, or four of 8.
struct Floats {
  using Value = float;
  /// Whether the sums are integers, whose bits lie in registers and memory of floats.
  static constexpr bool integers = false;
  /// Values of the depth that a step takes.
  static constexpr int64_t step = 1;
  static inline typename V::T load(const float* b) { return V::load(b); }
  static inline typename V::T dot(typename V::T a, typename V::T b, typename V::T sum) {
    return V::fma(a, b, sum);
  }
};
/// Panels of 16 bits, widened on their way into the registers: half the memory.
struct WidenedBfloat16 : Floats {
  using Value = uint16_t;
  static inline typename V::T load(const uint16_t* b) { return V::load_bfloat16(b); }
};
struct WidenedFloat16 : Floats {
  using Value = uint16_t;
  static inline typename V::T load(const uint16_t* b) { return V::load_float16(b); }
};

/// What the next panel's tiles will read first, fetched from memory while this panel's compute:
/// `step` bytes further for each step of the depth.
struct Ahead {
  const char* at;
  int64_t step;
};

/// out = a b^T for R rows by N registers, or out += a b^T: one chain of multiply-adds for each
/// element, in the order of k, on every instruction set. `a_stride` in bytes. Rows are three to a
/// pointer, which takes their strides as an index. Meanwhile what lies `ahead` is fetched.
template <class D, int R, int N>
static void tile(const char* a, int64_t a_stride, const typename D::Value* b, int64_t steps,
                 bool more, float* out, int64_t pitch, Ahead ahead) {
  constexpr int pointers = (R + 2) / 3;
  const char* p[pointers];
#pragma GCC unroll 8
  for (int i = 0; i < pointers; i++) p[i] = a + 3 * i * a_stride;
  typename V::T sums[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++)
      sums[r][n] = more ? V::load(out + r * pitch + n * V::lanes) : V::all(0);
  for (int64_t k = 0; k < steps; k++) {
    typename V::T column[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) column[n] = D::load(b + n * V::lanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const typename V::T x = V::broadcast((const float*)(p[r / 3] + (r % 3) * a_stride));
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) sums[r][n] = D::dot(x, column[n], sums[r][n]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < pointers; i++) p[i] += sizeof(float);
    // Panels stream from the second-level cache; measured, this is worth 4 to 6 %.
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) V::prefetch(b + (16 * N + n) * V::lanes);
    b += N * V::lanes;
    V::prefetch(ahead.at);
    ahead.at += ahead.step;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) V::store(out + r * pitch + n * V::lanes, sums[r][n]);
}

template <class D>
using TileFunction = void (*)(const char*, int64_t, const typename D::Value*, int64_t, bool, float*,
                              int64_t, Ahead);

template <class D, int N, int... R>
static inline TileFunction<D> tile_of(int rows, Sequence<R...>) {
  static constexpr TileFunction<D> all[] = {tile<D, R + 1, N>...};
  return all[rows - 1];
}

static inline int tile_rows(int64_t width) { return V::tile_rows(across(width)); }

/// For `rows` of at most tile_rows(width).
template <class D>
static inline TileFunction<D> tile_for(int64_t width, int rows) {
  switch (width) {
    case 16:
      return tile_of<D, across(16)>(rows, typename MakeSequence<V::tile_rows(across(16))>::Type());
#ifdef SIGIL_WIDE_PANELS
    case 32:
      return tile_of<D, across(32)>(rows, typename MakeSequence<V::tile_rows(across(32))>::Type());
    default:
      return tile_of<D, across(48)>(rows, typename MakeSequence<V::tile_rows(across(48))>::Type());
#else
    default:
      return nullptr;
#endif
  }
}

/// Rows divided evenly, so that the last tile is not left with one.
struct Rows {
  int64_t tiles, least, longer;
  Rows(int64_t rows, int64_t most)
      : tiles((rows + most - 1) / most), least(rows / tiles), longer(rows % tiles) {}
  int64_t of(int64_t tile) const { return least + (tile < longer); }
};

static inline int64_t panel_count(const Panels& p) { return (p.columns + p.width - 1) / p.width; }
/// The last panel is as narrow as it can be.
static inline int64_t panel_width(const Panels& p, int64_t panel) {
  const int64_t left = p.columns - panel * p.width;
  return left >= p.width ? p.width : (left + group - 1) / group * group;
}
static inline int64_t divided(int64_t count, int64_t part, int64_t parts) {
  return count * part / parts;
}

/// a b^T of `rows` into a matrix of `pitch` columns, which has room for whole panels.
static void multiply(const float* a, int64_t a_stride, int64_t rows, const float* b,
                     const Panels& panels, float* out, int64_t pitch) {
  for (int64_t panel = 0; panel < panel_count(panels); panel++) {
    const int64_t width = panel_width(panels, panel);
    const Rows split(rows, tile_rows(width));
    const float* from = b + panel * panels.width * panels.depth;
    for (int64_t t = 0, row = 0; t < split.tiles; row += split.of(t), t++)
      tile_for<Floats>(width, (int)split.of(t))(
          (const char*)(a + row * a_stride), 4 * a_stride, from, panels.depth, false,
          out + row * pitch + panel * panels.width, pitch, {(const char*)from, 0});
  }
}

/// A part of a result to and from a tile of `pitch` columns.
static inline void load_tile(const Tile& t, const float* from, float* tile) {
  for (int64_t r = 0; r < t.rows; r++)
    for (int64_t c = 0; c < t.pitch; c += group)
      W::load(from + (t.row + r) * t.all_columns + t.column + c, t.columns - c)
          .store(tile + r * t.pitch + c);
}

/// What a unit of a Gemm multiplies: rows from `begin` to `end` by panels from `first` to `past`.
struct GemmUnit {
  int64_t begin, end, first, past, next;
  GemmUnit(const Gemm& g, int64_t unit) {
    const int64_t block = unit / g.panel_groups, part = unit % g.panel_groups;
    const int64_t panels = panel_count(g.panels);
    begin = divided(g.rows, block, g.row_blocks);
    end = divided(g.rows, block + 1, g.row_blocks);
    first = divided(panels, part, g.panel_groups);
    past = divided(panels, part + 1, g.panel_groups);
    next = divided(panels, (part + 1) % g.panel_groups, g.panel_groups);
  }
  /// How many panels further the next one lies that this thread probably multiplies: units of a
  /// thread follow each other.
  int64_t ahead(int64_t panel) const { return panel + 1 < past ? 1 : next - panel; }
};

static inline Tile tile_at(const Gemm& g, int64_t panel, int64_t row, int64_t rows) {
  const int64_t width = panel_width(g.panels, panel), column = panel * g.panels.width;
  const int64_t left = g.panels.columns - column;
  return {rows, width, row, column, left < width ? left : width, g.panels.columns};
}

/// A block of a panel as the tiles read it: where it lies, or unpacked behind the registers.
template <class D>
static inline const typename D::Value* block_of(const Gemm& g, int64_t panel, int64_t k,
                                                int64_t length, char* scratch) {
  const int64_t width = panel_width(g.panels, panel), column = panel * g.panels.width;
  if constexpr (sizeof(typename D::Value) == sizeof(float))
    if (g.codes) {
      float* unpacked = (float*)scratch + g.epilogue.registers * most_tile_values;
      unpack(*g.codes, g.panels.depth, column, width, k, length, unpacked);
      return unpacked;
    }
  return (const typename D::Value*)g.b + column * (g.panels.depth / D::step) + k * width;
}

/// Sums of integers to what they stand for.
static void scale_sums(const Scales& s, const Tile& t, float* registers) {
  for (int64_t c = 0; c < t.pitch; c += group) {
    const W columns = W::load(s.columns + t.column + c);
    const W offsets = W::load((const float*)(s.offsets + t.column + c));
    for (int64_t r = 0; r < t.rows; r++) {
      float* sums = registers + r * t.pitch + c;
      const W whole = from_integers(W::load(sums), offsets);
      mul(whole, mul(columns, s.rows[t.row + r])).store(sums);
    }
  }
}

/// Fetches a row's values into the second-level cache. Inlined, as its caller is: GCC takes a
/// function that does nothing but fetch for one without effect, and removes its calls.
[[gnu::always_inline]] static inline void fetch_row(const float* row, int64_t columns) {
  constexpr int64_t line = 64 / sizeof(float);
  for (int64_t c = 0; c < columns; c += line) __builtin_prefetch(row + c, 0, 2);
}

/// Fetches what finish() stores, and reads element by element, while the products compute. Stores
/// that wait for their lines hold up the next tile: measured, this is worth 3 to 4 %.
[[gnu::always_inline]] static inline void fetch_place(const Gemm& g, const Tile& t) {
  for (int64_t r = 0; r < t.rows; r++)
    fetch_row(g.c + (t.row + r) * t.all_columns + t.column, t.columns);
  for (uint32_t i = 0; i < g.epilogue.length; i++) {
    const Code code = g.epilogue.code[i];
    if (!reads_operand((Op)code.op)) continue;
    const Operand& o = g.epilogue.operands[code.b];
    if (o.index != Index::element) continue;
    for (int64_t r = 0; r < t.rows; r++) fetch_row(operand_row(o, t, r), t.columns);
  }
}

/// From the sums of a whole depth to the result.
template <class D>
static inline void finish(const Gemm& g, const Tile& place, float* registers) {
  if (D::integers) scale_sums(g.scales, place, registers);
  interpret(g.epilogue, place, registers);
  store_tile(place, registers, g.c);
}

template <class D>
static void gemm(const void* arguments, int64_t unit, char* scratch) {
  const Gemm& g = *(const Gemm*)arguments;
  const GemmUnit own(g, unit);
  const int64_t depth = g.panels.depth / D::step;
  const int64_t depth_blocks = (depth + longest_block - 1) / longest_block;
  float* registers = (float*)scratch;
  for (int64_t d = 0; d < depth_blocks; d++) {
    const int64_t k = divided(depth, d, depth_blocks);
    const int64_t length = divided(depth, d + 1, depth_blocks) - k;
    for (int64_t panel = own.first; panel < own.past; panel++) {
      const int64_t width = panel_width(g.panels, panel);
      const auto* b = block_of<D>(g, panel, k, length, scratch);
      const Rows split(own.end - own.begin, tile_rows(width));
      Ahead ahead{(const char*)b, 0};
      if (!g.codes)
        ahead = {(const char*)(b + own.ahead(panel) * depth * width),
                 ((int64_t)sizeof(*b) * width + split.tiles - 1) / split.tiles};
      for (int64_t t = 0, row = own.begin; t < split.tiles; row += split.of(t), t++) {
        const int rows = (int)split.of(t);
        const Tile place = tile_at(g, panel, row, rows);
        fetch_place(g, place);
        // What blocks before this one summed up waits where the result will be.
        if (d > 0) load_tile(place, g.c, registers);
        tile_for<D>(width, rows)((const char*)g.a + row * g.a_stride + k * sizeof(float),
                                 g.a_stride, b, length, d > 0, registers, width, ahead);
        ahead.at += length * ahead.step;
        if (d == depth_blocks - 1)
          finish<D>(g, place, registers);
        else
          store_tile(place, registers, g.c);
      }
    }
  }
}

/// One row of a by every row of b.
static void dots(const void* arguments, int64_t row, char* scratch) {
  const Dots& d = *(const Dots*)arguments;
  float* registers = (float*)scratch;
  const float* a = d.a + row * d.a_stride;
  for (int64_t column = 0; column < d.columns; column += group) {
    const int64_t count = d.columns - column < group ? d.columns - column : group;
    W::all(0).store(registers);
    for (int64_t i = 0; i < count; i++) {
      const float* b = d.b + (column + i) * d.depth;
      W total = W::all(0);
      for (int64_t k = 0; k < d.depth; k += group)
        total = fma(W::load(a + k, d.depth - k), W::load(b + k, d.depth - k), total);
      registers[i] = sum(total);
    }
    const Tile place{1, group, row, column, count, d.columns};
    interpret(d.epilogue, place, registers);
    store_tile(place, registers, d.c);
  }
}

static void map(const void* arguments, int64_t row, char* scratch) {
  const Map& m = *(const Map*)arguments;
  constexpr int64_t longest = 32 * group;
  for (int64_t column = 0; column < m.width; column += longest) {
    const int64_t count = m.width - column < longest ? m.width - column : longest;
    const Tile place{1, (count + group - 1) / group * group, row, column, count, m.width};
    interpret(m.expression, place, (float*)scratch);
    // As a tile of a result that has no row but this.
    const Tile alone{1, place.pitch, 0, column, count, m.width};
    store_tile(alone, (const float*)scratch, m.out + m.rows.start(row));
  }
}

/// One row of patches, as the Gemm reads it.
static void patches(const void* arguments, int64_t row, char*) {
  const Patches& p = *(const Patches*)arguments;
  const int64_t cells = p.grid_height * p.grid_width;
  const int64_t image = row / cells, cell = row % cells;
  const int64_t y = cell / p.grid_width * p.patch, x = cell % p.grid_width * p.patch;
  float* out = (float*)p.out + row * p.channels * p.patch * p.patch;
  if (p.bytes) {
    const int64_t line = p.patch * p.channels;
    for (int64_t i = 0; i < p.patch; i++) {
      const uint8_t* from =
          (const uint8_t*)p.pictures + ((image * p.height + y + i) * p.width + x) * p.channels;
      for (int64_t c = 0; c < line; c++) *out++ = from[c];
    }
    return;
  }
  for (int64_t channel = 0; channel < p.channels; channel++)
    for (int64_t i = 0; i < p.patch; i++) {
      const float* from = (const float*)p.pictures +
                          ((image * p.channels + channel) * p.height + y + i) * p.width + x;
      for (int64_t c = 0; c < p.patch; c++) *out++ = from[c];
    }
}
