#include "program.h"
#include <algorithm>
#include "layout.h"

namespace sigil::native {
namespace {

/// Columns that a map computes at once.
constexpr int64_t map_columns = 32 * group;

}  // namespace

Program::Program(Descriptor descriptor, const Table& table, Pool& pool, int threads)
    : descriptor_(std::move(descriptor)),
      table_(table),
      pool_(pool),
      threads_(std::max(1, std::min(threads, pool.threads()))) {
  int64_t bytes = 0;
  for (const Weight& weight : descriptor_.weights) {
    offsets_.push_back(bytes);
    bytes += round_up(weight_bytes(weight), line);
  }
  weights_ = Memory((size_t)bytes, "weights");
  constants_ = Memory((size_t)descriptor_.constant_bytes, "constants");
  arena_ = Memory((size_t)descriptor_.arena_bytes, "values");
  int64_t patches = 0, narrow = 0, packed = 0;
  for (auto* launches : {&descriptor_.init, &descriptor_.launches})
    for (Launch& launch : *launches) {
      bind(launch);
      scratch_stride_ = std::max(scratch_stride_, scratch_bytes(launch));
      if (launch.family != Family::gemm) continue;
      const Weight& weight = descriptor_.weights[(size_t)launch.operands[1].at];
      const int64_t rows = value_of(launch.rows, descriptor_.symbols);
      if (launch.a != Launch::Rows::matrix) patches = std::max(patches, rows * launch.depth * 4);
      const Product& product = product_of(weight);
      const Panels panels = panels_of(weight);
      if (product.narrow) narrow = std::max(narrow, narrow_bytes(rows, panels, product));
      if (product.pack_rows)
        packed = std::max(
            packed,
            packed_bytes(std::min(rows, threads_ * block_rows(panels, product)), panels, product));
    }
  scratch_stride_ = round_up(scratch_stride_, line);
  scratch_ = Memory((size_t)(scratch_stride_ * threads_), "scratch");
  patches_ = Memory((size_t)patches, "patches");
  narrow_ = Memory((size_t)narrow, "narrow rows");
  packed_ = Memory((size_t)packed, "packed rows");
}

size_t Program::bytes() const {
  return constants_.bytes() + arena_.bytes() + weights_.bytes() + patches_.bytes() +
         narrow_.bytes() + packed_.bytes() + scratch_.bytes();
}

const Product& Program::product_of(const Weight& weight) const {
  return table_.products[(int)weight.storage];
}

/// Of the widths that the instruction set has, the one that pads the columns least.
Panels Program::panels_of(const Weight& weight) const {
  const Product& product = product_of(weight);
  int64_t width = product.widths[0];
  for (int i = 1; i < 3 && product.widths[i] != 0; i++)
    if (weight.rows % product.widths[0] != 0 && weight.rows % product.widths[i] == 0)
      width = product.widths[i];
  return {weight.rows, round_up(weight.columns, product.unit), width};
}

int64_t Program::weight_bytes(const Weight& weight) const {
  if (!weight.panels) return weight.rows * weight.columns * 4;
  const Panels panels = panels_of(weight);
  if (weight.storage == Storage::int8) return IntegerPlaces(weight, panels).bytes;
  if (weight.bits > 0) return weight.code_bytes();
  return round_up(weight.rows, group) * panels.depth * product_of(weight).bytes;
}

char* Program::resolve(const Place& place) const {
  switch (place.space) {
    case Space::arena:
      return arena_.data() + place.at;
    case Space::constants:
      return constants_.data() + place.at;
    case Space::weight:
      return weights_.data() + offsets_[(size_t)place.at];
    default:
      return nullptr;
  }
}

void Program::bind(Launch& launch) {
  ExpressionText& e = launch.expression;
  for (size_t i = 0; i < e.operands.size(); i++) e.operands[i].data = at<float>(e.places[i]);
  const std::vector<Place>& o = launch.operands;
  if (launch.family == Family::attention) {
    Attention& a = launch.attention;
    a.q = at<float>(o[0]);
    a.k = at<float>(o[1]);
    a.v = at<float>(o[2]);
    a.mask = at<float>(o[3]);
    a.out = at<float>(o[4]);
    a.probabilities = at<float>(o[5]);
  } else if (launch.family == Family::row_reduce) {
    RowReduce& r = launch.row_reduce;
    r.x = at<float>(o[0]);
    r.mask = at<float>(o[1]);
    r.weight = at<float>(o[2]);
    r.bias = at<float>(o[3]);
    r.out = at<float>(o[4]);
  }
}

int64_t Program::scratch_bytes(const Launch& launch) const {
  const int64_t registers = launch.expression.registers;
  switch (launch.family) {
    case Family::gemm: {
      const Weight& weight = descriptor_.weights[(size_t)launch.operands[1].at];
      const int64_t block = std::min(weight.columns, longest_block) * widest_panel;
      const bool unpacked = weight.bits > 0 && weight.storage == Storage::float32;
      return 4 * (registers * most_tile_values + (unpacked ? block : 0));
    }
    case Family::dots:
      return 4 * registers * group;
    case Family::map:
      return 4 * registers * map_columns;
    case Family::attention: {
      const Attention& a = launch.attention;
      const int64_t keys = round_up(a.keys, group), channels = round_up(a.head_size, group);
      return 4 * (query_block * (keys + channels) + keys * a.head_size + channels * a.keys);
    }
    default:
      return 0;
  }
}

}  // namespace sigil::native
