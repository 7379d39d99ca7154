// Attention: keys and values of a head are packed into panels in scratch. A block of queries meets
// all keys, so that whole rows of scores lie in the first or second level of the cache and need no
// running maximum.

static inline int64_t padded(int64_t n) { return (n + group - 1) / group * group; }

/// As the runtime packs weights: the panel width with the least padding.
static inline Panels panels_of(int64_t columns, int64_t depth) {
  int64_t width = V::widths[0];
  for (int i = 1; V::widths[i] != 0; i++)
    if (columns % V::widths[0] != 0 && columns % V::widths[i] == 0) width = V::widths[i];
  return {columns, depth, width};
}

static void attention(const void* arguments, int64_t unit, char* scratch) {
  const Attention& a = *(const Attention*)arguments;
  const int64_t part = unit % a.parts, head = unit / a.parts % a.heads;
  const int64_t batch = unit / a.parts / a.heads;
  const int64_t width = a.heads * a.head_size, pitch = padded(a.keys);
  const int64_t value_pitch = padded(a.head_size);
  float* scores = (float*)scratch;
  float* weighted = scores + query_block * pitch;
  float* keys = weighted + query_block * value_pitch;
  float* values = keys + pitch * a.head_size;

  const Panels key_panels = panels_of(a.keys, a.head_size);
  const float* k = a.k + batch * a.keys * a.key_stride + head * a.head_size;
  for (int64_t panel = 0; panel < panel_count(key_panels); panel++)
    pack_panel(k + panel * key_panels.width * a.key_stride, a.key_stride,
               a.keys - panel * key_panels.width, panel_width(key_panels, panel), a.head_size,
               keys + panel * key_panels.width * a.head_size);
  const Panels value_panels = panels_of(a.head_size, a.keys);
  const float* v = a.v + batch * a.keys * a.value_stride + head * a.head_size;
  for (int64_t panel = 0; panel < panel_count(value_panels); panel++) {
    const int64_t column = panel * value_panels.width, columns = panel_width(value_panels, panel);
    float* to = values + column * a.keys;
    for (int64_t key = 0; key < a.keys; key++)
      for (int64_t c = 0; c < columns; c += group, to += group)
        W::load(v + key * a.value_stride + column + c, a.head_size - column - c).store(to);
  }

  const float* mask = a.mask ? a.mask + batch * a.keys : nullptr;
  const W scale = W::all(a.scale);
  // Keys that do not exist get no weight.
  float edge[group];
  for (int64_t i = 0; i < group; i++) edge[i] = pitch - group + i < a.keys ? 0 : -__builtin_inff();
  const W last_keys = W::load(edge);
  const auto score = [&](const float* row, int64_t c) {
    W value = mul(W::load(row + c), scale);
    if (mask) value = add(value, W::load(mask + c, a.keys - c));
    return c + group <= a.keys ? value : add(value, last_keys);
  };
  const int64_t last = divided(a.queries, part + 1, a.parts);
  for (int64_t query = divided(a.queries, part, a.parts); query < last; query += query_block) {
    const int64_t rows = last - query < query_block ? last - query : query_block;
    const float* q = a.q + head * a.head_size +
                     ((a.shared_query ? 0 : batch * a.queries) + query) * a.query_stride;
    float* out = a.out + (batch * a.queries + query) * width + head * a.head_size;
    for (int64_t r = 0; r < rows; r++) fetch_row(out + r * width, a.head_size);
    multiply(q, a.query_stride, rows, keys, key_panels, scores, pitch);
    // The next queries: no prefetcher foresees rows that lie so far apart.
    for (int64_t r = rows; r < rows + query_block && query + r < last; r++)
      for (int64_t c = 0; c < a.head_size; c += group) V::prefetch(q + r * a.query_stride + c);
    float factors[query_block];
    for (int64_t r = 0; r < rows; r++) {
      float* row = scores + r * pitch;
      W most = W::all(-__builtin_inff());
      for (int64_t c = 0; c < pitch; c += group) most = max(most, score(row, c));
      const W top = W::all(largest(most));
      W total = W::all(0);
      for (int64_t c = 0; c < a.keys; c += group) {
        const W weight = exp(sub(score(row, c), top));
        weight.store(row + c);
        total = add(total, weight);
      }
      factors[r] = 1 / sum(total);
      if (a.probabilities) {
        float* to = a.probabilities + ((batch * a.heads + head) * a.queries + query + r) * a.keys;
        for (int64_t c = 0; c < a.keys; c += group)
          mul(W::load(row + c), factors[r]).store(to + c, a.keys - c);
      }
    }
    multiply(scores, pitch, rows, values, value_panels, weighted, value_pitch);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < a.head_size; c += group)
        mul(W::load(weighted + r * value_pitch + c), factors[r])
            .store(out + r * width + c, a.head_size - c);
  }
}
