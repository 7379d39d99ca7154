// The register tile, and what is made of it. V::tile_rows(n) is how many rows a tile of n registers
// across has on this instruction set.

constexpr int across(int64_t columns) { return (int)(columns / V::lanes); }

/// A tile's rows of a matrix. Three of them have a pointer, which takes their strides as an index.
template <int R>
class RowsApart {
  static constexpr int pointers = (R + 2) / 3;
  const char* at_[pointers];
  int64_t stride_;

 public:
  /// Whether a tile fetches what it reads later. Rows lie apart in attention alone, which has its
  /// panels in the cache.
  static constexpr bool fetches = false;
  /// `stride` in bytes.
  RowsApart(const void* rows, int64_t stride) : stride_(stride) {
#pragma GCC unroll 8
    for (int i = 0; i < pointers; i++) at_[i] = (const char*)rows + 3 * i * stride;
  }
  typename V::T operator[](int r) const {
    return V::broadcast((const float*)(at_[r / 3] + (r % 3) * stride_));
  }
  void step() {
#pragma GCC unroll 8
    for (int i = 0; i < pointers; i++) at_[i] += sizeof(float);
  }
};

/// A tile's rows with the values beside each other that a step takes.
template <int R>
class RowsTogether {
  const float* at_;

 public:
  static constexpr bool fetches = true;
  RowsTogether(const void* rows, int64_t) : at_((const float*)rows) {}
  typename V::T operator[](int r) const { return V::broadcast(at_ + r); }
  void step() { at_ += R; }
};

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
/// element, in the order of k, on every instruction set. Meanwhile what lies `ahead` is fetched.
template <class D, template <int> class TileRows, int R, int N>
static void tile(const void* a, int64_t a_stride, const typename D::Value* b, int64_t steps,
                 bool more, float* out, int64_t pitch, Ahead ahead) {
  TileRows<R> rows(a, a_stride);
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
      const typename V::T x = rows[r];
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) sums[r][n] = D::dot(x, column[n], sums[r][n]);
    }
    rows.step();
    if constexpr (TileRows<R>::fetches) {
      // Panels stream from the second-level cache; measured, this is worth 4 to 6 %.
#pragma GCC unroll 4
      for (int n = 0; n < N; n++) V::prefetch(b + (16 * N + n) * V::lanes);
      V::prefetch(ahead.at);
      ahead.at += ahead.step;
    }
    b += N * V::lanes;
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; r++)
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) V::store(out + r * pitch + n * V::lanes, sums[r][n]);
}

template <class D>
using TileFunction = void (*)(const void*, int64_t, const typename D::Value*, int64_t, bool, float*,
                              int64_t, Ahead);

template <class D, template <int> class TileRows, int N, int... R>
static inline TileFunction<D> tile_of(int rows, Sequence<R...>) {
  static constexpr TileFunction<D> all[] = {tile<D, TileRows, R + 1, N>...};
  return all[rows - 1];
}

static inline int tile_rows(int64_t width) { return V::tile_rows(across(width)); }

/// For `rows` of at most tile_rows(width).
template <class D, template <int> class TileRows>
static inline TileFunction<D> tile_for(int64_t width, int rows) {
  switch (width) {
    case 16:
      return tile_of<D, TileRows, across(16)>(
          rows, typename MakeSequence<V::tile_rows(across(16))>::Type());
#ifdef SIGIL_WIDE_PANELS
    case 32:
      return tile_of<D, TileRows, across(32)>(
          rows, typename MakeSequence<V::tile_rows(across(32))>::Type());
    default:
      return tile_of<D, TileRows, across(48)>(
          rows, typename MakeSequence<V::tile_rows(across(48))>::Type());
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
  int64_t start(int64_t tile) const { return tile * least + (tile < longer ? tile : longer); }
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
      tile_for<Floats, RowsApart>(width, (int)split.of(t))(
          a + row * a_stride, 4 * a_stride, from, panels.depth, false,
          out + row * pitch + panel * panels.width, pitch, {(const char*)from, 0});
  }
}
