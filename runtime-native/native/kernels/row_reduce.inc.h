// Norms and means.

/// The sum over a row of a function of its elements.
template <class F>
static inline float row_sum(const float* x, int64_t width, F f) {
  // One sum would wait for each addition.
  constexpr int sums = 4;
  W total[sums] = {W::all(0), W::all(0), W::all(0), W::all(0)};
  int64_t c = 0;
  for (; c + sums * group <= width; c += sums * group)
#pragma GCC unroll 4
    for (int i = 0; i < sums; i++) total[i] = add(total[i], f(W::load(x + c + i * group)));
  for (; c < width; c += group)
    total[0] = add(total[0], first(f(W::load(x + c, width - c)), width - c));
  return sum(add(add(total[0], total[1]), add(total[2], total[3])));
}

static void mean_rows(const RowReduce& p, int64_t row) {
  const float* x = p.x + row * p.reduced * p.width;
  const float* mask = p.mask ? p.mask + row * p.reduced : nullptr;
  float count = 0;
  for (int64_t i = 0; i < p.reduced; i++) count += !(mask && mask[i] < 0);
  for (int64_t c = 0; c < p.width; c += group) {
    W total = W::all(0);
    for (int64_t i = 0; i < p.reduced; i++)
      if (!(mask && mask[i] < 0)) total = add(total, W::load(x + i * p.width + c, p.width - c));
    div(total, W::all(count)).store(p.out + row * p.width + c, p.width - c);
  }
}

static void row_reduce(const void* arguments, int64_t row, char*) {
  const RowReduce& p = *(const RowReduce*)arguments;
  if (p.kind == Reduction::mean) return mean_rows(p, row);
  const float* x = p.x + row * p.width;
  float* out = p.out + row * p.width;
  fetch_row(out, p.width);
  const float width = (float)p.width;
  const W mean = W::all(p.kind == Reduction::layer_norm
                            ? row_sum(x, p.width, [](const W& value) { return value; }) / width
                            : 0);
  const float squares = row_sum(x, p.width, [&](const W& value) {
    const W difference = sub(value, mean);
    return mul(difference, difference);
  });
  const float divisor = p.kind == Reduction::l2_normalize ? squares : squares / width + p.epsilon;
  const W scale = div(W::all(1), sqrt(W::all(divisor)));
  for (int64_t c = 0; c < p.width; c += group) {
    const int64_t left = p.width - c;
    W value = mul(sub(W::load(x + c, left), mean), scale);
    if (p.weight) value = mul(value, W::load(p.weight + c, left));
    if (p.bias) value = add(value, W::load(p.bias + c, left));
    value.store(out + c, left);
  }
}
