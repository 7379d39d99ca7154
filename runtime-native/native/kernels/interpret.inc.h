// The bytecode of expressions on a tile. A register is the tile's rows of `pitch` floats, in the
// first-level cache, so that an instruction is a switch and a loop over a few dozen vectors.

struct Tile {
  int64_t rows;
  /// A multiple of `group`.
  int64_t pitch;
  /// Where it lies in the result, and how many of its columns exist.
  int64_t row, column, columns;
  /// Columns of the result.
  int64_t all_columns;
};

/// Where an operand's values for a row of the tile begin.
static inline const float* operand_row(const Operand& o, const Tile& t, int64_t r) {
  const int64_t row = t.row + r;
  switch (o.index) {
    case Index::column:
      return o.data + t.column;
    case Index::element:
      return o.data + row * t.all_columns + t.column;
    case Index::periodic:
      return o.data + (row % o.period) * t.all_columns + t.column;
    case Index::strided:
      return o.data + o.rows.start(row) + t.column;
    default:
      return o.data;
  }
}

template <class F>
static inline void each(const Tile& t, float* to, const float* a, F f) {
  const int64_t count = t.rows * t.pitch;
  for (int64_t i = 0; i < count; i += group) f(W::load(a + i)).store(to + i);
}

template <class F>
static inline void each_pair(const Tile& t, float* to, const float* a, const float* b, F f) {
  const int64_t count = t.rows * t.pitch;
  for (int64_t i = 0; i < count; i += group) f(W::load(a + i), W::load(b + i)).store(to + i);
}

template <class F>
static inline void each_operand(const Tile& t, float* to, const float* a, const Operand& o, F f) {
  for (int64_t r = 0; r < t.rows; r++) {
    const float* p = operand_row(o, t, r);
    for (int64_t c = 0; c < t.pitch; c += group) {
      const W value = o.index == Index::scalar ? W::all(*p) : W::load(p + c, t.columns - c);
      f(W::load(a + r * t.pitch + c), value).store(to + r * t.pitch + c);
    }
  }
}

/// Register 0 holds the value being finished, and the result afterwards.
static void interpret(const Expression& e, const Tile& t, float* registers) {
  const int64_t size = t.rows * t.pitch;
  for (uint32_t i = 0; i < e.length; i++) {
    const Code code = e.code[i];
    float* to = registers + code.target * size;
    const float* a = registers + code.a * size;
    const float* b = registers + code.b * size;
    const W value = W::all(code.value);
    switch ((Op)code.op) {
      case Op::load:
        each_operand(t, to, to, e.operands[code.b], [](const W&, const W& y) { return y; });
        break;
      case Op::constant:
        each(t, to, to, [&](const W&) { return value; });
        break;
      case Op::copy:
        each(t, to, a, [](const W& x) { return x; });
        break;
      case Op::add:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return add(x, y); });
        break;
      case Op::sub:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return sub(x, y); });
        break;
      case Op::mul:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return mul(x, y); });
        break;
      case Op::div:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return div(x, y); });
        break;
      case Op::max:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return max_or_nan(x, y); });
        break;
      case Op::min:
        each_pair(t, to, a, b, [](const W& x, const W& y) { return min_or_nan(x, y); });
        break;
      case Op::add_operand:
        each_operand(t, to, a, e.operands[code.b],
                     [](const W& x, const W& y) { return add(x, y); });
        break;
      case Op::mul_operand:
        each_operand(t, to, a, e.operands[code.b],
                     [](const W& x, const W& y) { return mul(x, y); });
        break;
      case Op::add_constant:
        each(t, to, a, [&](const W& x) { return add(x, value); });
        break;
      case Op::mul_constant:
        each(t, to, a, [&](const W& x) { return mul(x, value); });
        break;
      case Op::max_constant:
        each(t, to, a, [&](const W& x) { return max_or_nan(x, value); });
        break;
      case Op::min_constant:
        each(t, to, a, [&](const W& x) { return min_or_nan(x, value); });
        break;
      case Op::neg:
        each(t, to, a, [](const W& x) { return neg(x); });
        break;
      case Op::abs:
        each(t, to, a, [](const W& x) { return abs(x); });
        break;
      case Op::sqrt:
        each(t, to, a, [](const W& x) { return sqrt(x); });
        break;
      case Op::exp:
        each(t, to, a, [](const W& x) { return exp(x); });
        break;
      case Op::tanh:
        each(t, to, a, [](const W& x) { return tanh(x); });
        break;
      case Op::erf:
        each(t, to, a, [](const W& x) { return erf(x); });
        break;
      case Op::sigmoid:
        each(t, to, a, [](const W& x) { return sigmoid(x); });
        break;
      case Op::log1p:
        each(t, to, a, [](const W& x) { return log1p(x); });
        break;
      case Op::gelu:
        each(t, to, a, [](const W& x) { return gelu(x); });
        break;
      case Op::gelu_tanh:
        each(t, to, a, [](const W& x) { return gelu_tanh(x); });
        break;
      case Op::silu:
        each(t, to, a, [](const W& x) { return silu(x); });
        break;
      case Op::quick_gelu:
        each(t, to, a, [](const W& x) { return quick_gelu(x); });
        break;
      case Op::count:
        break;
    }
  }
}

/// The existing columns of a finished tile.
static inline void store_tile(const Tile& t, const float* tile, float* out) {
  for (int64_t r = 0; r < t.rows; r++) {
    float* to = out + (t.row + r) * t.all_columns + t.column;
    for (int64_t c = 0; c < t.columns; c += group)
      W::load(tile + r * t.pitch + c).store(to + c, t.columns - c);
  }
}
