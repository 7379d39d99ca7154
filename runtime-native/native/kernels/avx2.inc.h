// Eight lanes of AVX2 with FMA and F16C, sixteen registers, for the units that have them.

struct V {
  using T = __m256;
  using M = __m256;
  static constexpr int lanes = 8;
  static constexpr int64_t widths[] = {16, 0};
  /// Twelve sums, two columns and a broadcast fit the registers.
  static constexpr int tile_rows(int) { return 6; }

  static inline __m256i first_lanes(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  }
  static inline T all(float x) { return _mm256_set1_ps(x); }
  static inline T broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static inline T load(const float* p) { return _mm256_loadu_ps(p); }
  static inline T load_some(const float* p, int64_t n) {
    return _mm256_maskload_ps(p, first_lanes(n));
  }
  static inline void store(float* p, T x) { _mm256_storeu_ps(p, x); }
  static inline void store_some(float* p, T x, int64_t n) {
    _mm256_maskstore_ps(p, first_lanes(n), x);
  }
  static inline T load_bfloat16(const uint16_t* p) {
    const __m128i bits = _mm_loadu_si128((const __m128i*)p);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
  static inline T load_float16(const uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
  }
  static inline T load_int8(const int8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p)));
  }
  /// Eight lanes of either as integers of 16 bits, in their order.
  static inline __m256i words(T low, T high) {
    const __m256i mixed = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
    return _mm256_permute4x64_epi64(mixed, 0xd8);
  }
  static inline T from_integers(T a, T less) {
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_castps_si256(a), _mm256_castps_si256(less)));
  }
  /// The numbers of sixteen codes of 4 bits.
  struct Book {
    T low, high;
  };
  static inline Book book(const float* numbers) { return {load(numbers), load(numbers + 8)}; }
  static inline T look_up(const uint8_t* codes, const Book& book) {
    int four;
    __builtin_memcpy(&four, codes, 4);
    const __m128i bytes = _mm_cvtsi32_si128(four);
    const __m128i pairs = _mm_unpacklo_epi8(bytes, _mm_srli_epi16(bytes, 4));
    // Of an index, the low three bits count, and the fourth chooses by its place in the sign.
    const __m256i index = _mm256_cvtepu8_epi32(pairs);
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(book.low, index),
                            _mm256_permutevar8x32_ps(book.high, index),
                            _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
  }
  /// Nothing of this instruction set takes rows of bfloat16.
  static inline void store_bfloat16(uint16_t*, const float*) {}
  static inline void prefetch(const void* p) { _mm_prefetch((const char*)p, _MM_HINT_T0); }
  static inline T add(T a, T b) { return _mm256_add_ps(a, b); }
  static inline T sub(T a, T b) { return _mm256_sub_ps(a, b); }
  static inline T mul(T a, T b) { return _mm256_mul_ps(a, b); }
  static inline T div(T a, T b) { return _mm256_div_ps(a, b); }
  static inline T max(T a, T b) { return _mm256_max_ps(a, b); }
  static inline T min(T a, T b) { return _mm256_min_ps(a, b); }
  static inline T fma(T a, T b, T c) { return _mm256_fmadd_ps(a, b, c); }
  static inline T sqrt(T a) { return _mm256_sqrt_ps(a); }
  static inline T abs(T a) { return _mm256_andnot_ps(all(-0.0f), a); }
  static inline T neg(T a) { return _mm256_xor_ps(a, all(-0.0f)); }
  static inline T round(T a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static inline M less(T a, T b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  static inline M equal(T a, T b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
  static inline M is_nan(T a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
  static inline T select(M m, T a, T b) { return _mm256_blendv_ps(b, a, m); }
  static inline T with_sign(T x, T s) { return _mm256_or_ps(x, _mm256_and_ps(s, all(-0.0f))); }
  /// x 2^n for a whole n, in two factors, whose product alone is rounded.
  static inline T scale(T x, T n) {
    const __m256i power = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(power, 1);
    const __m256i bias = _mm256_set1_epi32(127);
    const auto factor = [&](__m256i e) {
      return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(e, bias), 23));
    };
    return mul(mul(x, factor(half)), factor(_mm256_sub_epi32(power, half)));
  }
  /// u = m 2^e with m from sqrt(1/2) to sqrt(2).
  static inline void split(T u, T& e, T& m) {
    const __m256i base = _mm256_set1_epi32(0x3f3504f3);
    const __m256i shifted = _mm256_sub_epi32(_mm256_castps_si256(u), base);
    e = _mm256_cvtepi32_ps(_mm256_srai_epi32(shifted, 23));
    m = _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_and_si256(shifted, _mm256_set1_epi32(0x7fffff)), base));
  }
  /// Lanes i and i ^ step exchanged.
  template <int step>
  static inline T swapped(T a) {
    if constexpr (step == 4) return _mm256_permute2f128_ps(a, a, 1);
    return _mm256_permute_ps(a, step == 2 ? 0x4e : 0xb1);
  }
  static inline float first(T a) { return _mm256_cvtss_f32(a); }
  /// Four floats, from k on, of every fourth of `count` rows, at most eight.
  static inline T fours(const float* const* rows, int64_t k, int count) {
    const T x = _mm256_castps128_ps256(_mm_loadu_ps(rows[0] + k));
    return count > 4 ? _mm256_insertf128_ps(x, _mm_loadu_ps(rows[4] + k), 1) : x;
  }
  /// Each four lanes of four registers are the rows of a square, which is transposed.
  static inline void transpose_fours(T (&r)[4]) {
    const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
    const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
    const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
    const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
    r[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
    r[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
    r[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
    r[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
  }
  /// Sixteen rows, of which `count` exist, to columns of a matrix of `pitch`.
  static void transpose(const float* rows, int64_t stride, int64_t count, int64_t depth, float* out,
                        int64_t pitch) {
    const __m256i index = _mm256_mullo_epi32(_mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0),
                                             _mm256_set1_epi32((int)stride));
    const M low = _mm256_castsi256_ps(first_lanes(count)),
            high = _mm256_castsi256_ps(first_lanes(count - 8));
    // No address past the rows is made of it.
    const float* second = count > 8 ? rows + 8 * stride : rows;
    for (int64_t k = 0; k < depth; k++) {
      store(out + k * pitch, _mm256_mask_i32gather_ps(all(0), rows + k, index, low, 4));
      store(out + k * pitch + 8, _mm256_mask_i32gather_ps(all(0), second + k, index, high, 4));
    }
  }
};

/// Fixed registers: a compiler would keep an array of sums in memory.
static void peak_float32(const void*, int64_t, char*) {
  int64_t n = 40000;
#define SIGIL_FMA(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n\t"
  asm volatile("vxorps %%ymm14, %%ymm14, %%ymm14\n\t"
               "vxorps %%ymm15, %%ymm15, %%ymm15\n"
               "1:\n\t" SIGIL_FMA(0) SIGIL_FMA(1) SIGIL_FMA(2) SIGIL_FMA(3) SIGIL_FMA(4)
                   SIGIL_FMA(5) SIGIL_FMA(6) SIGIL_FMA(7) SIGIL_FMA(8) SIGIL_FMA(9) SIGIL_FMA(10)
                       SIGIL_FMA(11) "dec %0\n\t"
               "jnz 1b"
               : "+r"(n)
               :
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                 "xmm9", "xmm10", "xmm11", "xmm14", "xmm15");
#undef SIGIL_FMA
}
constexpr int64_t peak_float32_flops = 40000 * 12 * 16;
