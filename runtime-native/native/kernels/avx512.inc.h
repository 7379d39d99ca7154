// Sixteen lanes of AVX-512, for the units that have them.

struct V {
  using T = __m512;
  using M = __mmask16;
  static constexpr int lanes = 16;
  static constexpr int64_t widths[] = {48, 32, 0};
  /// 27 or 28 sums, the columns and a broadcast fit the registers.
  static constexpr int tile_rows(int across) { return across == 3 ? 9 : 14; }

  static inline T all(float x) { return _mm512_set1_ps(x); }
  static inline T broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static inline T load(const float* p) { return _mm512_loadu_ps(p); }
  static inline T load_some(const float* p, int64_t n) {
    return _mm512_maskz_loadu_ps((M)((1u << n) - 1), p);
  }
  static inline void store(float* p, T x) { _mm512_storeu_ps(p, x); }
  static inline void store_some(float* p, T x, int64_t n) {
    _mm512_mask_storeu_ps(p, (M)((1u << n) - 1), x);
  }
  static inline T load_bfloat16(const uint16_t* p) {
    const __m256i bits = _mm256_loadu_si256((const __m256i*)p);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
  static inline T load_float16(const uint16_t* p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
  }
  static inline T load_int8(const int8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p)));
  }
  static inline T from_integers(T a, T less) {
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_castps_si512(a), _mm512_castps_si512(less)));
  }
  /// The numbers of sixteen codes of 4 bits.
  using Book = __m512;
  static inline Book book(const float* numbers) { return load(numbers); }
  static inline T look_up(const uint8_t* codes, Book book) {
    const __m128i bytes = _mm_loadl_epi64((const __m128i*)codes);
    const __m128i pairs = _mm_unpacklo_epi8(bytes, _mm_srli_epi16(bytes, 4));
    // Of an index, the low four bits count.
    return _mm512_permutexvar_ps(_mm512_cvtepu8_epi32(pairs), book);
  }
  /// Sixteen values, to nearest, ties to even.
  static inline void store_bfloat16(uint16_t* to, const float* from) {
    const __m512i bits = _mm512_castps_si512(load(from));
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __m512i rounded = _mm512_mask_blend_epi32(is_nan(load(from)), sum, quiet);
    _mm256_storeu_si256((__m256i*)to, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
  }
  static inline void prefetch(const void* p) { _mm_prefetch((const char*)p, _MM_HINT_T0); }
  static inline T add(T a, T b) { return _mm512_add_ps(a, b); }
  static inline T sub(T a, T b) { return _mm512_sub_ps(a, b); }
  static inline T mul(T a, T b) { return _mm512_mul_ps(a, b); }
  static inline T div(T a, T b) { return _mm512_div_ps(a, b); }
  static inline T max(T a, T b) { return _mm512_max_ps(a, b); }
  static inline T min(T a, T b) { return _mm512_min_ps(a, b); }
  static inline T fma(T a, T b, T c) { return _mm512_fmadd_ps(a, b, c); }
  static inline T sqrt(T a) { return _mm512_sqrt_ps(a); }
  static inline T abs(T a) { return _mm512_abs_ps(a); }
  static inline T neg(T a) { return _mm512_xor_ps(a, all(-0.0f)); }
  static inline T round(T a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static inline M less(T a, T b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  static inline M equal(T a, T b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static inline M is_nan(T a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static inline T select(M m, T a, T b) { return _mm512_mask_blend_ps(m, b, a); }
  static inline T with_sign(T x, T s) { return _mm512_or_ps(x, _mm512_and_ps(s, all(-0.0f))); }
  /// x 2^n for a whole n.
  static inline T scale(T x, T n) { return _mm512_scalef_ps(x, n); }
  /// u = m 2^e with m from sqrt(1/2) to sqrt(2).
  static inline void split(T u, T& e, T& m) {
    const __m512i base = _mm512_set1_epi32(0x3f3504f3);
    const __m512i shifted = _mm512_sub_epi32(_mm512_castps_si512(u), base);
    e = _mm512_cvtepi32_ps(_mm512_srai_epi32(shifted, 23));
    m = _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_and_si512(shifted, _mm512_set1_epi32(0x7fffff)), base));
  }
  /// Lanes i and i ^ step exchanged.
  template <int step>
  static inline T swapped(T a) {
    if constexpr (step >= 4) return _mm512_shuffle_f32x4(a, a, step == 8 ? 0x4e : 0xb1);
    return _mm512_permute_ps(a, step == 2 ? 0x4e : 0xb1);
  }
  static inline float first(T a) { return _mm512_cvtss_f32(a); }
  /// Four floats, from k on, of every fourth of `count` rows, at most sixteen.
  static inline T fours(const float* const* rows, int64_t k, int count) {
    T x = _mm512_castps128_ps512(_mm_loadu_ps(rows[0] + k));
    if (count > 4) x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[4] + k), 1);
    if (count > 8) x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[8] + k), 2);
    if (count > 12) x = _mm512_insertf32x4(x, _mm_loadu_ps(rows[12] + k), 3);
    return x;
  }
  /// Each four lanes of four registers are the rows of a square, which is transposed.
  static inline void transpose_fours(T (&r)[4]) {
    const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
    const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
    const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
    const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
    r[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
    r[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
    r[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
    r[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
  }
  /// Sixteen rows, of which `count` exist, to columns of a matrix of `pitch`.
  static void transpose(const float* rows, int64_t stride, int64_t count, int64_t depth, float* out,
                        int64_t pitch) {
    const __m512i index =
        _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                           _mm512_set1_epi32((int)stride));
    const M there = count >= 16 ? (M)0xffff : count <= 0 ? (M)0 : (M)((1u << count) - 1);
    for (int64_t k = 0; k < depth; k++)
      store(out + k * pitch, _mm512_mask_i32gather_ps(all(0), there, index, rows + k, 4));
  }
};

/// Fixed registers: a compiler would keep an array of sums in memory.
static void peak_float32(const void*, int64_t, char*) {
  int64_t n = 40000;
#define SIGIL_FMA(i) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #i "\n\t"
  asm volatile("vxorps %%zmm30, %%zmm30, %%zmm30\n\t"
               "vxorps %%zmm31, %%zmm31, %%zmm31\n"
               "1:\n\t" SIGIL_FMA(0) SIGIL_FMA(1) SIGIL_FMA(2) SIGIL_FMA(3) SIGIL_FMA(4)
                   SIGIL_FMA(5) SIGIL_FMA(6) SIGIL_FMA(7) SIGIL_FMA(8) SIGIL_FMA(9) SIGIL_FMA(10)
                       SIGIL_FMA(11) SIGIL_FMA(12) SIGIL_FMA(13) SIGIL_FMA(14) SIGIL_FMA(15)
                           SIGIL_FMA(16) SIGIL_FMA(17) SIGIL_FMA(18) SIGIL_FMA(19) SIGIL_FMA(20)
                               SIGIL_FMA(21) SIGIL_FMA(22) SIGIL_FMA(23) "dec %0\n\t"
               "jnz 1b"
               : "+r"(n)
               :
               : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                 "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17",
                 "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm30", "xmm31");
#undef SIGIL_FMA
}
constexpr int64_t peak_float32_flops = 40000 * 24 * 32;
