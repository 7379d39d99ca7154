// AMX beside AVX-512: tiles of 16 rows by 64 bytes, of which four hold sums.
#include <immintrin.h>
#include "table.h"
#include "tables.h"

#define SIGIL_WIDE_PANELS
namespace sigil::native {
namespace {

#include "avx512.inc.h"
#include "all.inc.h"

/// Bytes in a row of a tile, and rows of two tiles.
constexpr int64_t tile_bytes = 64, two_tiles = 32;

struct Bfloat16Tiles {
  static constexpr bool integers = false;
  static constexpr int64_t row_bytes = 2;
};

struct IntegerTiles : IntegerQuads<0> {
  static inline void store(char* out, const W& x) {
    _mm_storeu_si128((__m128i*)out, _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x.v[0])));
  }
};

/// Sums of tile `c` += rows of `a` times columns of `b`. The intrinsics take numbers of tiles as
/// text.
#define SIGIL_MULTIPLY(D, c, a, b) \
  do {                             \
    if constexpr (D::integers)     \
      _tile_dpbssd(c, a, b);       \
    else                           \
      _tile_dpbf16ps(c, a, b);     \
  } while (false)

/// Sums in tiles 0 to 3: rows of tiles 4 and 5 by columns of 6 and 7.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {};

  /// For `rows` of a, at most 32.
  explicit TileConfig(int64_t count) {
    const uint8_t upper = (uint8_t)(count < 16 ? count : (count + 1) / 2);
    const uint8_t lower = (uint8_t)(count - upper);
    rows[0] = rows[1] = rows[4] = upper;
    rows[2] = rows[3] = rows[5] = lower > 0 ? lower : upper;
    rows[6] = rows[7] = 16;
  }
  int64_t upper() const { return rows[0]; }
};

/// GCC's intrinsic says that it reads eight bytes: the others must have been written before it.
static inline void configure(const TileConfig& config) {
  asm volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
}

/// out = a b^T for rows of one or two tiles by columns of one or two, `depth` in bytes. A step
/// fetches what lies ahead into the second-level cache: the first has no room for it beside the
/// rows.
template <class D, bool lower, bool right>
static void multiply_tiles(const char* a, int64_t a_stride, int64_t upper_rows, const char* b,
                           int64_t width, int64_t depth, float* out, Ahead ahead) {
  _tile_zero(0);
  if (right) _tile_zero(1);
  if (lower) _tile_zero(2);
  if (lower && right) _tile_zero(3);
  const char* below = a + upper_rows * a_stride;
  for (int64_t k = 0; k < depth; k += tile_bytes) {
    const char* panel = b + k * width;
    _tile_loadd(4, a + k, a_stride);
    _tile_loadd(6, panel, 4 * width);
    SIGIL_MULTIPLY(D, 0, 4, 6);
    if (right) {
      _tile_loadd(7, panel + 64, 4 * width);
      SIGIL_MULTIPLY(D, 1, 4, 7);
    }
    if (lower) {
      _tile_loadd(5, below + k, a_stride);
      SIGIL_MULTIPLY(D, 2, 5, 6);
      if (right) SIGIL_MULTIPLY(D, 3, 5, 7);
    }
    for (const char* end = ahead.at + ahead.step; ahead.at < end; ahead.at += 64)
      _mm_prefetch(ahead.at, _MM_HINT_T1);
  }
  const int64_t pitch = right ? 32 : 16;
  _tile_stored(0, out, 4 * pitch);
  if (right) _tile_stored(1, out + 16, 4 * pitch);
  if (lower) _tile_stored(2, out + upper_rows * pitch, 4 * pitch);
  if (lower && right) _tile_stored(3, out + upper_rows * pitch + 16, 4 * pitch);
}

template <class D>
static void gemm_tiles(const void* arguments, int64_t unit, char* scratch) {
  const Gemm& g = *(const Gemm*)arguments;
  const GemmUnit own(g, unit);
  const int64_t depth = g.panels.depth * D::row_bytes;
  const Rows split(own.end - own.begin, two_tiles);
  const TileConfig longer(split.least + 1), shorter(split.least);
  float* registers = (float*)scratch;
  int64_t configured = 0;
  for (int64_t panel = own.first; panel < own.past; panel++) {
    const int64_t width = panel_width(g.panels, panel);
    const char* b = (const char*)g.b + panel * g.panels.width * depth;
    const int64_t lines = (width + split.tiles - 1) / split.tiles;
    Ahead ahead{b + own.ahead(panel) * depth * width, 64 * lines};
    for (int64_t t = 0, row = own.begin; t < split.tiles; row += split.of(t), t++) {
      const int64_t rows = split.of(t);
      const TileConfig& config = rows == split.least ? shorter : longer;
      if (configured != rows) configure(config);
      configured = rows;
      const Tile place = tile_at(g, panel, row, rows);
      fetch_place(g, place);
      const char* a = (const char*)g.a + row * g.a_stride;
      const bool lower = rows > config.upper(), right = width > 16;
      (lower   ? right ? multiply_tiles<D, true, true> : multiply_tiles<D, true, false>
       : right ? multiply_tiles<D, false, true>
               : multiply_tiles<D, false, false>)(a, g.a_stride, config.upper(), b, width, depth,
                                                  registers, ahead);
      ahead.at += depth / tile_bytes * ahead.step;
      finish<D>(g, place, registers);
    }
  }
  _tile_release();
}

/// Products of tiles that are there already.
template <class D>
static void peak_tiles(const void*, int64_t, char*) {
  const TileConfig config(32);
  configure(config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int i = 0; i < 5000; i++) {
    SIGIL_MULTIPLY(D, 0, 4, 6);
    SIGIL_MULTIPLY(D, 1, 4, 7);
    SIGIL_MULTIPLY(D, 2, 5, 6);
    SIGIL_MULTIPLY(D, 3, 5, 7);
  }
  _tile_release();
}
/// Of a tile, a value.
constexpr int64_t peak_products = int64_t{5000} * 4 * 16 * 16;

}  // namespace

const Product amx_bfloat16 = {
    {32, 0, 0},
    2,
    tile_bytes / 2,
    narrow,
    2,
    nullptr,
    gemm_tiles<Bfloat16Tiles>,
    pack_narrow<Type::bfloat16, 2>,
    peak_tiles<Bfloat16Tiles>,
    peak_products * 32 * 2,
};
const Product amx_int8 = {
    {32, 0, 0},
    1,
    tile_bytes,
    round_row<IntegerTiles>,
    1,
    nullptr,
    gemm_tiles<IntegerTiles>,
    pack_integers<IntegerTiles>,
    peak_tiles<IntegerTiles>,
    peak_products * 64 * 2,
};

}  // namespace sigil::native
