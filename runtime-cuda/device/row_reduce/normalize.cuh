// Norms: a warp or a block per row, which stays in registers between passes unless it
// is too wide.
#pragma once
#include "common/reduce.cuh"
#include "common/vectors.cuh"

namespace sigil {

enum class Norm { layer_norm, rms_norm, l2_normalize };

/// `lanes` threads share a row: 32, or the whole block. `run` elements are read at a time; a `kept`
/// row is read once.
template <int width_, int run_, int lanes_, int threads_, bool kept_>
struct RowConfig {
  static constexpr int width = width_, run = run_, lanes = lanes_, threads = threads_;
  static constexpr bool kept = kept_;
  static_assert(lanes == 32 || lanes == threads);
  static constexpr int rows = threads / lanes;
  static constexpr int turns = (width + lanes * run - 1) / (lanes * run);
  static constexpr int shared_bytes = lanes == 32 ? 0 : threads / 32 * 4;
};

/// y = norm(x) [* weight [+ bias]] by rows; pointers that a kind lacks are null and never read.
template <class Config, Norm norm, bool weighted, bool biased, class X, class Y>
SIGIL_DEVICE void normalize_rows(const X* x, const float* weight, const float* bias, Y* y, int rows,
                                 float epsilon) {
  constexpr int width = Config::width, run = Config::run, lanes = Config::lanes;
  const int lane = thread_x() % lanes, row = block_x() * Config::rows + thread_x() / lanes;
  if (row >= rows) return;
  const X* const from = x + static_cast<ptrdiff_t>(row) * width;
  Y* const to = y + static_cast<ptrdiff_t>(row) * width;
  float* const scratch = reinterpret_cast<float*>(shared_memory());
  const auto reduce = [&](auto operation, float value) {
    using Operation = decltype(operation);
    if constexpr (lanes == 32)
      return reduce_lanes<Operation, 32>(value);
    else
      return reduce_block<Operation, Config::threads>(value, scratch);
  };
  const auto exists = [&](int turn) {
    return width % (lanes * run) == 0 || (turn * lanes + lane) * run < width;
  };

  float values[Config::kept ? Config::turns : 1][run];
  // `body` sees each run of the row that this thread has, and its first column.
  const auto each = [&](auto body) {
    if constexpr (Config::kept) {
#pragma unroll
      for (int turn = 0; turn < Config::turns; turn++)
        if (exists(turn)) body(values[turn], (turn * lanes + lane) * run);
    } else {
      for (int turn = 0; turn < Config::turns; turn++)
        if (exists(turn)) {
          load_run<run>(values[0], from + (turn * lanes + lane) * run);
          body(values[0], (turn * lanes + lane) * run);
        }
    }
  };
  if constexpr (Config::kept) {
#pragma unroll
    for (int turn = 0; turn < Config::turns; turn++)
      if (exists(turn)) load_run<run>(values[turn], from + (turn * lanes + lane) * run);
  }
  const auto sum = [&](auto term) {
    float partial = 0.0f;
    each([&](const float (&part)[run], int) {
#pragma unroll
      for (int i = 0; i < run; i++) partial += term(part[i]);
    });
    return reduce(Sum{}, partial);
  };

  const float mean =
      norm == Norm::layer_norm ? sum([](float value) { return value; }) / width : 0.0f;
  const float squares = sum([&](float value) { return (value - mean) * (value - mean); });
  const float scale =
      1.0f / square_root(norm == Norm::l2_normalize ? squares : squares / width + epsilon);
  each([&](const float (&part)[run], int column) {
    float result[run], factor[run], term[run];
    if constexpr (weighted) load_run<run>(factor, weight + column);
    if constexpr (biased) load_run<run>(term, bias + column);
#pragma unroll
    for (int i = 0; i < run; i++) {
      result[i] = (part[i] - mean) * scale;
      if constexpr (weighted) result[i] *= factor[i];
      if constexpr (biased) result[i] += term[i];
    }
    store_run<run>(to + column, result);
  });
}

}  // namespace sigil
