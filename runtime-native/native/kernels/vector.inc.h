// Sixteen lanes as however many registers they take, and the functions of the expressions on them.
// Included by the unit of an instruction set, which has defined V, its register of floats.
// Every operation is the same on every set, so that their bits are.

/// Sixteen floats.
struct W {
  static constexpr int parts = 16 / V::lanes;
  typename V::T v[parts];

  template <class F>
  static inline W make(F f) {
    W w;
#pragma GCC unroll 4
    for (int i = 0; i < parts; i++) w.v[i] = f(i);
    return w;
  }
  static inline W all(float x) {
    return make([=](int) { return V::all(x); });
  }
  static inline W load(const float* p) {
    return make([=](int i) { return V::load(p + i * V::lanes); });
  }
  /// The first `n` floats, zeros behind them; nothing else is read.
  static inline W load(const float* p, int64_t n) {
    return n >= 16 ? load(p) : make([=](int i) {
      const int64_t left = n - i * V::lanes;
      return left <= 0 ? V::all(0)
                       : V::load_some(p + i * V::lanes, left < V::lanes ? left : V::lanes);
    });
  }
  inline void store(float* p) const {
#pragma GCC unroll 4
    for (int i = 0; i < parts; i++) V::store(p + i * V::lanes, v[i]);
  }
  /// The first `n` floats.
  inline void store(float* p, int64_t n) const {
    if (n >= 16) return store(p);
#pragma GCC unroll 4
    for (int i = 0; i < parts; i++) {
      const int64_t left = n - i * V::lanes;
      if (left > 0) V::store_some(p + i * V::lanes, v[i], left < V::lanes ? left : V::lanes);
    }
  }
};

#define SIGIL_BINARY(name)                                                                         \
  inline W name(const W& a, const W& b) {                                                          \
    return W::make([&](int i) __attribute__((always_inline)) { return V::name(a.v[i], b.v[i]); }); \
  }
SIGIL_BINARY(add)
SIGIL_BINARY(sub)
SIGIL_BINARY(mul)
SIGIL_BINARY(div)
/// `b` where either is NaN on x86, so that clamps put what they clamp there.
SIGIL_BINARY(max)
SIGIL_BINARY(min)
#undef SIGIL_BINARY

inline W fma(const W& a, const W& b, const W& c) {
  return W::make([&](int i) { return V::fma(a.v[i], b.v[i], c.v[i]); });
}
inline W fma(const W& a, const W& b, float c) { return fma(a, b, W::all(c)); }
inline W mul(const W& a, float b) { return mul(a, W::all(b)); }
inline W add(const W& a, float b) { return add(a, W::all(b)); }
inline W sqrt(const W& a) {
  return W::make([&](int i) { return V::sqrt(a.v[i]); });
}
inline W abs(const W& a) {
  return W::make([&](int i) { return V::abs(a.v[i]); });
}
inline W neg(const W& a) {
  return W::make([&](int i) { return V::neg(a.v[i]); });
}
inline W round(const W& a) {
  return W::make([&](int i) { return V::round(a.v[i]); });
}
/// `x` where a < b, else `y`.
inline W select_less(const W& a, const W& b, const W& x, const W& y) {
  return W::make([&](int i) { return V::select(V::less(a.v[i], b.v[i]), x.v[i], y.v[i]); });
}
/// `x` with the sign of `s`, for an x that has none.
inline W with_sign(const W& x, const W& s) {
  return W::make([&](int i) { return V::with_sign(x.v[i], s.v[i]); });
}
/// NaN where either is, as Math.max has it.
inline W max_or_nan(const W& a, const W& b) {
  return W::make(
      [&](int i) { return V::select(V::is_nan(a.v[i]), a.v[i], V::max(a.v[i], b.v[i])); });
}
inline W min_or_nan(const W& a, const W& b) {
  return W::make(
      [&](int i) { return V::select(V::is_nan(a.v[i]), a.v[i], V::min(a.v[i], b.v[i])); });
}

/// Registers that hold integers, less others, as floats.
inline W from_integers(const W& a, const W& less) {
  return W::make([&](int i) { return V::from_integers(a.v[i], less.v[i]); });
}
/// `x` where it is a number, else 0.
inline W number_or_zero(const W& x) {
  return W::make([&](int i) { return V::select(V::is_nan(x.v[i]), V::all(0), x.v[i]); });
}

/// Lane i and i + 8 first, then those four, two and one apart, whatever the registers hold:
/// `f(upper, lower)`.
template <class F>
static inline float fold(W a, F f) {
#pragma GCC unroll 2
  for (int half = W::parts / 2; half > 0; half /= 2)
#pragma GCC unroll 2
    for (int i = 0; i < half; i++) a.v[i] = f(a.v[i + half], a.v[i]);
  typename V::T x = a.v[0];
  if constexpr (V::lanes > 8) x = f(V::template swapped<8>(x), x);
  if constexpr (V::lanes > 4) x = f(V::template swapped<4>(x), x);
  x = f(V::template swapped<2>(x), x);
  return V::first(f(V::template swapped<1>(x), x));
}
inline float sum(const W& a) {
  return fold(a, [](typename V::T upper, typename V::T lower) { return V::add(lower, upper); });
}
inline float largest(const W& a) {
  return fold(a, [](typename V::T upper, typename V::T lower) {
    return V::select(V::less(lower, upper), upper, lower);
  });
}
/// NaN if one of them is.
inline float largest_or_nan(const W& a) {
  return fold(a, [](typename V::T upper, typename V::T lower) {
    return V::select(V::is_nan(upper), upper, V::select(V::less(lower, upper), upper, lower));
  });
}
/// The first `n` lanes, zeros behind them.
inline W first(const W& a, int64_t n) {
  if (n >= 16) return a;
  alignas(64) float x[16];
  a.store(x);
  for (int64_t i = n < 0 ? 0 : n; i < 16; i++) x[i] = 0;
  return W::load(x);
}

// Polynomials as in Cephes (expf, tanhf, erff, logf); about 1e-7 relative.

/// e^x: infinity beyond float32's range, 0 below its normal numbers. Processors take a hundred
/// times as long for a subnormal number, even for one that is not used in the end.
inline W exp(const W& value) {
  const W least = W::all(-87.3365447f);
  const W x = select_less(value, least, W::all(0), min(W::all(89), value));
  const W n = round(mul(x, 1.44269504088896341f));
  W r = fma(n, W::all(-0.693359375f), x);
  r = fma(n, W::all(2.12194440e-4f), r);
  W p = W::all(1.9875691500e-4f);
  p = fma(p, r, 1.3981999507e-3f);
  p = fma(p, r, 8.3334519073e-3f);
  p = fma(p, r, 4.1665795894e-2f);
  p = fma(p, r, 1.6666665459e-1f);
  p = fma(p, r, 5.0000001201e-1f);
  const W y = add(fma(mul(p, r), r, r), 1);
  const W scaled = W::make([&](int i) { return V::scale(y.v[i], n.v[i]); });
  return select_less(value, least, W::all(0), scaled);
}

inline W sigmoid(const W& x) { return div(W::all(1), add(exp(neg(x)), 1)); }

/// An odd polynomial near 0, 1 - 2 / (e^2x + 1) elsewhere.
inline W tanh(const W& x) {
  const W a = min(W::all(10), abs(x));
  const W z = mul(a, a);
  W p = W::all(-5.70498872745e-3f);
  p = fma(p, z, 2.06390887954e-2f);
  p = fma(p, z, -5.37397155531e-2f);
  p = fma(p, z, 1.33314422036e-1f);
  p = fma(p, z, -3.33332819422e-1f);
  const W small = fma(mul(p, z), a, a);
  const W large = sub(W::all(1), div(W::all(2), add(exp(add(a, a)), 1)));
  return with_sign(select_less(a, W::all(0.625f), small, large), x);
}

/// x T(x^2) below 1, 1 - e^(-x^2) P(1 / x^2) / x elsewhere; 1 in float32 from 4.
inline W erf(const W& x) {
  const W a = min(W::all(4), abs(x));
  const W z = mul(a, a);
  W t = W::all(7.853861353153693e-5f);
  t = fma(t, z, -8.010193625184903e-4f);
  t = fma(t, z, 5.188327685732524e-3f);
  t = fma(t, z, -2.685381193529856e-2f);
  t = fma(t, z, 1.128358514861418e-1f);
  t = fma(t, z, -3.761262582423300e-1f);
  t = fma(t, z, 1.128379165726710f);
  const W q = div(W::all(1), max(W::all(0.5f), a));
  const W s = mul(q, q);
  W p = W::all(2.326819970068386e-2f);
  p = fma(p, s, -1.387039388740657e-1f);
  p = fma(p, s, 3.687424674597105e-1f);
  p = fma(p, s, -5.824733027278666e-1f);
  p = fma(p, s, 6.210004621745983e-1f);
  p = fma(p, s, -4.944515323274145e-1f);
  p = fma(p, s, 3.404879937665872e-1f);
  p = fma(p, s, -2.741127028184656e-1f);
  p = fma(p, s, 5.638259427386472e-1f);
  const W large = sub(W::all(1), mul(mul(exp(neg(z)), q), p));
  // A NaN is not less than 1 and goes through what is large.
  return with_sign(select_less(a, W::all(1), mul(a, t), large), x);
}

/// log(1 + x) for finite x > -1: log(u) x / (u - 1) for the rounded u = 1 + x (Kahan).
inline W log1p(const W& x) {
  const W u = add(x, 1);
  W e, m;
#pragma GCC unroll 4
  for (int i = 0; i < W::parts; i++) V::split(u.v[i], e.v[i], m.v[i]);
  m = add(m, -1);
  const W z = mul(m, m);
  W p = W::all(7.0376836292e-2f);
  p = fma(p, m, -1.1514610310e-1f);
  p = fma(p, m, 1.1676998740e-1f);
  p = fma(p, m, -1.2420140846e-1f);
  p = fma(p, m, 1.4249322787e-1f);
  p = fma(p, m, -1.6668057665e-1f);
  p = fma(p, m, 2.0000714765e-1f);
  p = fma(p, m, -2.4999993993e-1f);
  p = fma(p, m, 3.3333331174e-1f);
  W y = mul(mul(m, z), p);
  y = fma(e, W::all(-2.12194440e-4f), y);
  y = fma(z, W::all(-0.5f), y);
  const W log = fma(e, W::all(0.693359375f), add(m, y));
  const W rest = add(u, -1);
  return W::make([&](int i) {
    return V::select(V::equal(rest.v[i], V::all(0)), x.v[i],
                     V::mul(log.v[i], V::div(x.v[i], rest.v[i])));
  });
}

inline W gelu(const W& x) { return mul(mul(x, 0.5f), add(erf(mul(x, 0.70710678118654752f)), 1)); }
/// x / (1 + e^(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3): half of x (1 + tanh u), with one exp.
inline W gelu_tanh(const W& x) {
  const W u = mul(fma(mul(mul(x, x), x), W::all(0.044715f), x), -1.5957691216057308f);
  return div(x, add(exp(u), 1));
}
inline W silu(const W& x) { return div(x, add(exp(neg(x)), 1)); }
inline W quick_gelu(const W& x) { return div(x, add(exp(mul(x, -1.702f)), 1)); }

/// Fetches a row's values into the second-level cache. Inlined, as its caller is: GCC takes a
/// function that does nothing but fetch for one without effect, and removes its calls.
[[gnu::always_inline]] static inline void fetch_row(const float* row, int64_t columns) {
  constexpr int64_t line = 64 / sizeof(float);
  for (int64_t c = 0; c < columns; c += line) __builtin_prefetch(row + c, 0, 2);
}
