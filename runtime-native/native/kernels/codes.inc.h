// Codes to the floats that they stand for: a number, less the zero point of its group, times its
// scale.

/// Sixteen codes of one step.
template <int bits>
static inline W numbers_of(const uint8_t* codes, const typename V::Book& book) {
  return W::make([&](int i) {
    const uint8_t* from = codes + i * V::lanes * bits / 8;
    return bits == 8 ? V::load_int8((const int8_t*)from) : V::look_up(from, book);
  });
}

template <int bits>
static void unpack_group(const Codes& c, int64_t depth, int64_t number, int64_t pitch, int64_t k,
                         int64_t count, float* out) {
  const typename V::Book book = V::book(c.numbers);
  const uint8_t* codes = c.codes + (number * depth + k) * (group * bits / 8);
  const int64_t first = number * ((depth + c.shared - 1) / c.shared) * group;
  for (int64_t i = 0; i < count;) {
    const int64_t place = (k + i) / c.shared, left = (place + 1) * c.shared - k;
    const W scale = W::load(c.scales + first + place * group);
    // A number less nothing is that number, bit for bit.
    const W zero = c.zeros ? W::load(c.zeros + first + place * group) : W::all(0);
    for (const int64_t end = left < count ? left : count; i < end; i++) {
      mul(sub(numbers_of<bits>(codes, book), zero), scale).store(out + i * pitch);
      codes += group * bits / 8;
    }
  }
}

/// Steps [k, k + count) of `width` columns to a panel: [step][column].
static void unpack(const Codes& c, int64_t depth, int64_t column, int64_t width, int64_t k,
                   int64_t count, float* out) {
  for (int64_t part = 0; part < width; part += group)
    (c.bits == 8 ? unpack_group<8> : unpack_group<4>)(c, depth, (column + part) / group, width, k,
                                                      count, out + part);
}
