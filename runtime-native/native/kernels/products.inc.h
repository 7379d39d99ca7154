// How a unit multiplies by weights of each storage, with the tiles that it has.

/// By panels that are floats in the registers.
template <class D>
constexpr Product product_of_floats(Work pack, Work peak, int64_t peak_flops) {
  return {{V::widths[0], V::widths[1], 0},
          sizeof(typename D::Value),
          1,
          nullptr,
          0,
          pack_rows,
          gemm<D>,
          pack,
          peak,
          peak_flops};
}

/// Rows become integers too.
template <class D>
constexpr Product product_of_integers() {
  return {{V::widths[0], V::widths[1], 0},
          1,
          group,
          round_row<D>,
          D::row_bytes,
          pack_rows,
          gemm<D>,
          pack_integers<D>,
          nullptr,
          0};
}
