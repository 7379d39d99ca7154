// A Gemm by weights in panels: its units, and the epilogue of each tile.

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
    begin = g.first_row + divided(g.rows, block, g.row_blocks);
    end = g.first_row + divided(g.rows, block + 1, g.row_blocks);
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
static inline const typename D::Value* block_of(const Gemm& g, int64_t panel, char* scratch) {
  const int64_t width = panel_width(g.panels, panel), column = panel * g.panels.width;
  if constexpr (sizeof(typename D::Value) == sizeof(float))
    if (g.codes) {
      float* unpacked = (float*)scratch + g.epilogue.registers * most_tile_values;
      unpack(*g.codes, g.panels.depth, column, width, g.k, g.steps, unpacked);
      return unpacked;
    }
  return (const typename D::Value*)g.b + column * (g.panels.depth / D::step) + g.k * width;
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

/// Where the rows of a tile that begins with `row` are packed.
static inline float* packed_at(const Gemm& g, int64_t row) {
  return g.packed + (row - g.first_row) * g.steps;
}

/// Whatever the type of the rows' values, a step takes four bytes of each.
static void pack_rows(const void* arguments, int64_t unit, char*) {
  const Gemm& g = *(const Gemm*)arguments;
  const int64_t block = unit / g.packing_parts, part = unit % g.packing_parts;
  const GemmUnit own(g, block * g.panel_groups);
  const Rows split(own.end - own.begin, tile_rows(g.panels.width));
  const int64_t stride = g.a_stride / (int64_t)sizeof(float);
  const int64_t past = divided(split.tiles, part + 1, g.packing_parts);
  for (int64_t t = divided(split.tiles, part, g.packing_parts); t < past; t++) {
    const int64_t row = own.begin + split.start(t);
    pack_tile((const float*)g.a + row * stride + g.k, stride, split.of(t), g.steps,
              packed_at(g, row));
  }
}

template <class D>
static void gemm(const void* arguments, int64_t unit, char* scratch) {
  const Gemm& g = *(const Gemm*)arguments;
  const GemmUnit own(g, unit);
  const Rows split(own.end - own.begin, tile_rows(g.panels.width));
  const int64_t depth = g.panels.depth / D::step;
  float* registers = (float*)scratch;
  for (int64_t panel = own.first; panel < own.past; panel++) {
    const int64_t width = panel_width(g.panels, panel);
    const auto* b = block_of<D>(g, panel, scratch);
    Ahead ahead{(const char*)b, 0};
    if (!g.codes)
      ahead = {(const char*)(b + own.ahead(panel) * depth * width),
               ((int64_t)sizeof(*b) * width + split.tiles - 1) / split.tiles};
    for (int64_t t = 0; t < split.tiles; t++) {
      const int64_t row = own.begin + split.start(t);
      const int rows = (int)split.of(t);
      const Tile place = tile_at(g, panel, row, rows);
      fetch_place(g, place);
      // What blocks before this one summed up waits where the result will be.
      if (g.k > 0) load_tile(place, g.c, registers);
      tile_for<D, RowsTogether>(width, rows)(packed_at(g, row), 0, b, g.steps, g.k > 0, registers,
                                             width, ahead);
      ahead.at += g.steps * ahead.step;
      if (g.k + g.steps == depth)
        finish<D>(g, place, registers);
      else
        store_tile(place, registers, g.c);
    }
  }
}
