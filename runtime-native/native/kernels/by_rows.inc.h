// What is computed a row at a time: products by a matrix that a run computes, maps, patches.

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
