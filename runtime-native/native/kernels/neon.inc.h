// Four lanes of NEON, for the units that have them.

struct V {
  using T = float32x4_t;
  using M = uint32x4_t;
  static constexpr int lanes = 4;
  static constexpr int64_t widths[] = {16, 0};
  /// 24 sums, four columns and a broadcast fit the registers.
  static constexpr int tile_rows(int) { return 6; }

  static inline T all(float x) { return vdupq_n_f32(x); }
  static inline T broadcast(const float* p) { return vld1q_dup_f32(p); }
  static inline T load(const float* p) { return vld1q_f32(p); }
  static inline T load_some(const float* p, int64_t n) {
    float x[4] = {0, 0, 0, 0};
    for (int64_t i = 0; i < n && i < 4; i++) x[i] = p[i];
    return vld1q_f32(x);
  }
  static inline void store(float* p, T x) { vst1q_f32(p, x); }
  static inline void store_some(float* p, T x, int64_t n) {
    float all[4];
    vst1q_f32(all, x);
    for (int64_t i = 0; i < n && i < 4; i++) p[i] = all[i];
  }
  static inline T load_bfloat16(const uint16_t* p) {
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
  }
  static inline T load_float16(const uint16_t* p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
  }
  static inline T load_int8(const int8_t* p) {
    int32_t four;
    __builtin_memcpy(&four, p, 4);
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8((uint32_t)four)))));
  }
  /// Four lanes of either as integers of 16 bits.
  static inline int16x8_t words(T low, T high) {
    return vcombine_s16(vmovn_s32(vcvtnq_s32_f32(low)), vmovn_s32(vcvtnq_s32_f32(high)));
  }
  static inline T from_integers(T a, T less) {
    return vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(less)));
  }
  /// The numbers of sixteen codes of 4 bits.
  using Book = const float*;
  static inline Book book(const float* numbers) { return numbers; }
  static inline T look_up(const uint8_t* codes, Book book) {
    const float x[4] = {book[codes[0] & 15], book[codes[0] >> 4], book[codes[1] & 15],
                        book[codes[1] >> 4]};
    return vld1q_f32(x);
  }
  /// Sixteen values, to nearest, ties to even.
  static inline void store_bfloat16(uint16_t* to, const float* from) {
    for (int i = 0; i < 16; i += 4) {
      const T value = load(from + i);
      const uint32x4_t bits = vreinterpretq_u32_f32(value);
      const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
      const uint32x4_t sum = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd);
      const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
      vst1_u16(to + i, vshrn_n_u32(vbslq_u32(is_nan(value), quiet, sum), 16));
    }
  }
  static inline void prefetch(const void* p) { __builtin_prefetch(p); }
  static inline T add(T a, T b) { return vaddq_f32(a, b); }
  static inline T sub(T a, T b) { return vsubq_f32(a, b); }
  static inline T mul(T a, T b) { return vmulq_f32(a, b); }
  static inline T div(T a, T b) { return vdivq_f32(a, b); }
  static inline T max(T a, T b) { return vmaxq_f32(a, b); }
  static inline T min(T a, T b) { return vminq_f32(a, b); }
  static inline T fma(T a, T b, T c) { return vfmaq_f32(c, a, b); }
  static inline T sqrt(T a) { return vsqrtq_f32(a); }
  static inline T abs(T a) { return vabsq_f32(a); }
  static inline T neg(T a) { return vnegq_f32(a); }
  static inline T round(T a) { return vrndnq_f32(a); }
  static inline M less(T a, T b) { return vcltq_f32(a, b); }
  static inline M equal(T a, T b) { return vceqq_f32(a, b); }
  static inline M is_nan(T a) { return vmvnq_u32(vceqq_f32(a, a)); }
  static inline T select(M m, T a, T b) { return vbslq_f32(m, a, b); }
  static inline T with_sign(T x, T s) {
    const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(s), vdupq_n_u32(0x80000000));
    return vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(x), sign));
  }
  /// x 2^n for a whole n, in two factors, whose product alone is rounded.
  static inline T scale(T x, T n) {
    const int32x4_t power = vcvtnq_s32_f32(n), half = vshrq_n_s32(power, 1);
    const int32x4_t bias = vdupq_n_s32(127);
    const auto factor = [&](int32x4_t e) {
      return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(e, bias), 23));
    };
    return mul(mul(x, factor(half)), factor(vsubq_s32(power, half)));
  }
  /// u = m 2^e with m from sqrt(1/2) to sqrt(2).
  static inline void split(T u, T& e, T& m) {
    const int32x4_t base = vdupq_n_s32(0x3f3504f3);
    const int32x4_t shifted = vsubq_s32(vreinterpretq_s32_f32(u), base);
    e = vcvtq_f32_s32(vshrq_n_s32(shifted, 23));
    m = vreinterpretq_f32_s32(vaddq_s32(vandq_s32(shifted, vdupq_n_s32(0x7fffff)), base));
  }
  /// Lanes i and i ^ step exchanged.
  template <int step>
  static inline T swapped(T a) {
    return step == 2 ? vextq_f32(a, a, 2) : vrev64q_f32(a);
  }
  static inline float first(T a) { return vgetq_lane_f32(a, 0); }
  /// Four floats, from k on, of the first of four rows.
  static inline T fours(const float* const* rows, int64_t k, int) { return load(rows[0] + k); }
  /// Four registers are the rows of a square, which is transposed.
  static inline void transpose_fours(T (&r)[4]) {
    const float64x2_t a = vreinterpretq_f64_f32(vtrn1q_f32(r[0], r[1]));
    const float64x2_t b = vreinterpretq_f64_f32(vtrn2q_f32(r[0], r[1]));
    const float64x2_t c = vreinterpretq_f64_f32(vtrn1q_f32(r[2], r[3]));
    const float64x2_t d = vreinterpretq_f64_f32(vtrn2q_f32(r[2], r[3]));
    r[0] = vreinterpretq_f32_f64(vtrn1q_f64(a, c));
    r[1] = vreinterpretq_f32_f64(vtrn1q_f64(b, d));
    r[2] = vreinterpretq_f32_f64(vtrn2q_f64(a, c));
    r[3] = vreinterpretq_f32_f64(vtrn2q_f64(b, d));
  }
  /// Sixteen rows, of which `count` exist, to columns of a matrix of `pitch`.
  static void transpose(const float* rows, int64_t stride, int64_t count, int64_t depth, float* out,
                        int64_t pitch) {
    for (int64_t k = 0; k < depth; k++)
      for (int64_t c = 0; c < 16; c++) out[k * pitch + c] = c < count ? rows[c * stride + k] : 0;
  }
};
