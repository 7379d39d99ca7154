#include "program.h"
#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include "clock.h"
#include "cores.h"

namespace sigil::native {
namespace {

constexpr int64_t line = 64;
int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Of a block of queries.
constexpr int64_t query_rows = 27;
/// Columns that a map computes at once.
constexpr int64_t map_columns = 32 * group;
/// The fewest rows of a block of a Gemm.
constexpr int64_t least_rows = 32;
/// A unit that takes less than some 20 microseconds costs more to hand out than it shares.
constexpr int64_t least_unit = 2'000'000;
/// While a panel comes from memory, this many rows can be multiplied by it.
constexpr int64_t rows_of_a_panel = 16;
/// Threads that divide the rows, each at least this many, read a panel at the same time, so that it
/// comes from memory once. Measured with two, this is worth 6 % of a tower of 196 rows.
constexpr int64_t rows_worth_a_panel = 64;
/// Units for each thread, so that one that is held up delays a run by little.
constexpr int64_t units_per_thread = 4;
/// The fewest rows that a unit of packing has, unless all are fewer.
constexpr int64_t least_packed = 16;
/// Of Gemms, where small units cost nothing: 4 % of a tower less than with four.
constexpr int64_t gemm_units_per_thread = 16;

/// Of rows as a product takes them; scales of the rows come behind them.
int64_t narrow_row_bytes(const Panels& panels, const Product& product) {
  return panels.depth * product.row_bytes;
}
int64_t scales_of_rows(int64_t rows, const Panels& panels, const Product& product) {
  return round_up(rows * narrow_row_bytes(panels, product), line);
}
int64_t narrow_bytes(int64_t rows, const Panels& panels, const Product& product) {
  return scales_of_rows(rows, panels, product) + rows * (int64_t)sizeof(float);
}

/// Of the depth, where a step takes four bytes of a row.
int64_t steps_of(const Panels& panels, const Product& product) {
  return (product.narrow ? narrow_row_bytes(panels, product) : 4 * panels.depth) / 4;
}
int64_t longest_steps(const Panels& panels, const Product& product) {
  const int64_t steps = steps_of(panels, product);
  return product.pack_rows ? std::min(steps, longest_block) : steps;
}
int64_t packed_bytes(int64_t rows, const Panels& panels, const Product& product) {
  return rows * 4 * longest_steps(panels, product);
}

/// Integers in panels, the scales of their columns, what their sums are too large by.
struct IntegerPlaces {
  int64_t scales, offsets, bytes;
  IntegerPlaces(const Weight& weight, const Panels& panels) {
    const int64_t columns = round_up(weight.rows, group);
    scales = round_up(columns * panels.depth, line);
    offsets = scales + columns * (int64_t)sizeof(float);
    bytes = offsets + columns * (int64_t)sizeof(int32_t);
  }
};

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

/// Of rows that a thread multiplies: with a block of the depth they stay in half of the
/// second-level cache while the panels pass.
int64_t Program::block_rows(const Panels& panels, const Product& product) const {
  const int64_t bytes = 4 * longest_steps(panels, product);
  return std::max<int64_t>(least_rows, level_two_bytes() / 2 / bytes);
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
      return 4 * (query_rows * (keys + channels) + keys * a.head_size + channels * a.keys);
    }
    default:
      return 0;
  }
}

void Program::share(int64_t units, Work work, const void* arguments) {
  struct Context {
    Work work;
    const void* arguments;
    char* scratch;
    int64_t stride;
  } context{work, arguments, scratch_.data(), scratch_stride_};
  pool_.share(
      units, threads_,
      [](void* self, int64_t unit, int thread) {
        const Context& c = *(const Context*)self;
        c.work(c.arguments, unit, c.scratch + thread * c.stride);
      },
      &context);
}

/// Each row is a unit of little work: threads take several at a time.
void Program::share_rows(int64_t rows, Work work, const void* arguments) {
  struct Context {
    Work work;
    const void* arguments;
    int64_t rows, parts;
  } context{work, arguments, rows, std::min(rows, units_per_thread * threads_)};
  share(
      context.parts,
      [](const void* self, int64_t part, char* scratch) {
        const Context& c = *(const Context*)self;
        const int64_t end = (part + 1) * c.rows / c.parts;
        for (int64_t row = part * c.rows / c.parts; row < end; row++)
          c.work(c.arguments, row, scratch);
      },
      &context);
}

namespace {

int64_t element_bytes(Type type) { return type == Type::float32 ? 4 : 2; }

/// A weight that is being packed, each unit a panel of it.
struct Packing {
  const Product& product;
  Panels panels;
  int64_t depth;
  const std::vector<WeightPart>& parts;
  char* out;
  /// Of each thread: a panel's rows as they lie in a file.
  std::vector<std::vector<char>> rows;
  std::mutex mutex;
  std::exception_ptr failure;

  void pack(int64_t panel, int thread) {
    const int64_t begin = panel * panels.width;
    const int64_t end = std::min(begin + panels.width, panels.columns);
    std::vector<PackPart> pieces;
    char* buffer = rows[(size_t)thread].data();
    int64_t first = 0;
    for (const WeightPart& part : parts) {
      const int64_t from = std::max(begin, first), to = std::min(end, first + part.count);
      if (from < to) {
        const int64_t row_bytes = depth * element_bytes(part.type);
        const int64_t skipped = (from - first) * row_bytes, bytes = (to - from) * row_bytes;
        if (part.file) {
          part.file->read(part.offset + skipped, bytes, buffer);
          pieces.push_back({buffer, part.type, to - from});
          buffer += bytes;
        } else
          pieces.push_back({(const char*)part.rows + skipped, part.type, to - from});
      }
      first += part.count;
    }
    const Pack arguments{{end - begin, panels.depth, panels.width},
                         depth,
                         pieces.data(),
                         (int64_t)pieces.size(),
                         out + begin * panels.depth * product.bytes};
    product.pack(&arguments, 0, nullptr);
  }
};

}  // namespace

void Program::place(size_t index, const std::vector<WeightPart>& parts) {
  const Weight& weight = descriptor_.weights[index];
  char* out = weights_.data() + offsets_[index];
  if (weight.storage == Storage::int8) return place_integers(weight, parts[0].rows, out);
  if (weight.bits > 0) {
    std::memcpy(out, parts[0].rows, (size_t)weight.code_bytes());
    return;
  }
  if (!weight.panels) {
    // Small: embeddings of positions, biases, the parameters of norms.
    std::vector<char> read;
    for (const WeightPart& part : parts) {
      const int64_t count = part.count * weight.columns;
      if (part.file) {
        read.resize((size_t)(count * element_bytes(part.type)));
        part.file->read(part.offset, (int64_t)read.size(), read.data());
      }
      table_.widen(part.file ? read.data() : part.rows, part.type, count, (float*)out);
      out += count * (int64_t)sizeof(float);
    }
    return;
  }
  Packing packing{product_of(weight), panels_of(weight), weight.columns, parts, out, {}, {}, {}};
  packing.rows.resize(
      (size_t)threads_,
      std::vector<char>((size_t)(packing.panels.width * weight.columns * (int64_t)sizeof(float))));
  pool_.share(
      ceil_div(packing.panels.columns, packing.panels.width), threads_,
      [](void* self, int64_t panel, int thread) {
        Packing& p = *(Packing*)self;
        try {
          p.pack(panel, thread);
        } catch (...) {
          const std::lock_guard<std::mutex> lock(p.mutex);
          if (!p.failure) p.failure = std::current_exception();
        }
      },
      &packing);
  if (packing.failure) std::rethrow_exception(packing.failure);
}

void Program::place_integers(const Weight& weight, const void* read, char* out) {
  const Panels panels = panels_of(weight);
  const IntegerPlaces places(weight, panels);
  struct Context {
    PackIntegers arguments;
    Work pack;
  } context{{panels, weight.columns, (const int8_t*)read, out, (int32_t*)(out + places.offsets)},
            product_of(weight).pack};
  std::memcpy(out + places.scales, (const char*)read + weight.scales_offset(),
              (size_t)weight.scale_bytes());
  pool_.share(
      ceil_div(panels.columns, panels.width), threads_,
      [](void* self, int64_t panel, int) {
        const Context& c = *(const Context*)self;
        c.pack(&c.arguments, panel, nullptr);
      },
      &context);
}

void Program::initialize() {
  for (const Launch& launch : descriptor_.init) run(launch, {});
}

void Program::run(const std::vector<int64_t>& symbols, const std::atomic<bool>& stop,
                  std::vector<double>* times) {
  for (const Launch& launch : descriptor_.launches) {
    if (stop.load(std::memory_order_relaxed)) return;
    const double begin = times ? seconds(threads_) : 0;
    run(launch, symbols);
    if (times) times->push_back(1e6 * (seconds(threads_) - begin));
  }
}

void Program::run(const Launch& launch, const std::vector<int64_t>& symbols) {
  const int64_t rows = value_of(launch.rows, symbols);
  const std::vector<Place>& o = launch.operands;
  const ExpressionText& e = launch.expression;
  const Expression expression{e.code.data(), (uint32_t)e.code.size(), e.registers,
                              e.operands.data()};
  switch (launch.family) {
    case Family::gemm:
      return gemm(launch, rows);
    case Family::dots: {
      const Dots dots{value_of(launch.columns, symbols),
                      launch.depth,
                      at<float>(o[0]),
                      launch.stride,
                      at<float>(o[1]),
                      at<float>(o[2]),
                      expression};
      return share_rows(rows, table_.dots, &dots);
    }
    case Family::attention: {
      Attention a = launch.attention;
      const int64_t heads = rows * a.heads;
      // A part packs keys and values again, so heads are divided only where there are too few.
      a.parts = heads >= units_per_thread * threads_ || threads_ == 1
                    ? 1
                    : std::min(ceil_div(units_per_thread * threads_, heads),
                               ceil_div(a.queries, query_rows));
      return share(heads * a.parts, table_.attention, &a);
    }
    case Family::row_reduce:
      return share_rows(rows, table_.row_reduce, &launch.row_reduce);
    default: {
      const Map map{launch.width, at<float>(o.back()), launch.written, expression};
      return share_rows(rows, table_.map, &map);
    }
  }
}

void Program::gemm(const Launch& launch, int64_t rows) {
  const std::vector<Place>& o = launch.operands;
  const ExpressionText& e = launch.expression;
  Gemm g{};
  g.a = resolve(o[0]);
  g.a_stride = 4 * launch.stride;
  if (launch.a != Launch::Rows::matrix) {
    Patches patches = launch.patches;
    patches.pictures = g.a;
    patches.out = patches_.data();
    share_rows(rows, table_.patches, &patches);
    g.a = patches_.data();
    g.a_stride = 4 * launch.depth;
  }
  const Weight& weight = descriptor_.weights[(size_t)o[1].at];
  const Product& product = product_of(weight);
  g.b = resolve(o[1]);
  g.panels = panels_of(weight);
  Codes codes{weight.bits, weight.shared, (const uint8_t*)g.b, nullptr, nullptr, {}};
  if (weight.storage == Storage::int8) {
    const IntegerPlaces places(weight, g.panels);
    g.scales.columns = (const float*)((const char*)g.b + places.scales);
    g.scales.offsets = (const int32_t*)((const char*)g.b + places.offsets);
  } else if (weight.bits > 0) {
    codes.scales = (const float*)(codes.codes + weight.scales_offset());
    if (weight.zero_points)
      codes.zeros = (const float*)(codes.codes + weight.scales_offset() + weight.scale_bytes());
    std::copy(std::begin(weight.numbers), std::end(weight.numbers), codes.numbers);
    g.codes = &codes;
  }
  if (product.narrow) {
    const int64_t row_bytes = narrow_row_bytes(g.panels, product);
    float* scales = (float*)(narrow_.data() + scales_of_rows(rows, g.panels, product));
    const Narrow narrow{launch.depth, g.a, narrow_.data(), g.a_stride, row_bytes, scales};
    share_rows(rows, product.narrow, &narrow);
    g.a = narrow_.data();
    g.a_stride = row_bytes;
    g.scales.rows = scales;
  }
  g.c = at<float>(o[2]);
  g.epilogue = {e.code.data(), (uint32_t)e.code.size(), e.registers, e.operands.data()};
  g.packed = (float*)packed_.data();
  const int64_t block = block_rows(g.panels, product);
  const int64_t passes = ceil_div(rows, threads_ * block);
  for (int64_t pass = 0; pass < passes; pass++) {
    g.first_row = rows * pass / passes;
    g.rows = rows * (pass + 1) / passes - g.first_row;
    multiply(g, product, block);
  }
}

/// Rows that the threads' caches hold.
void Program::multiply(Gemm& g, const Product& product, int64_t block) {
  g.row_blocks = ceil_div(g.rows, block);
  // Products of narrow values wait for panels as it is, and would read each more often.
  if (!product.narrow)
    g.row_blocks = std::max(g.row_blocks, std::min<int64_t>(threads_, g.rows / rows_worth_a_panel));
  const int64_t panels = ceil_div(g.panels.columns, g.panels.width);
  const int64_t work = std::max(g.rows, rows_of_a_panel) * g.panels.columns * g.panels.depth;
  const int64_t units =
      std::max<int64_t>(1, std::min(gemm_units_per_thread * threads_, work / least_unit));
  g.panel_groups = threads_ == 1 ? 1 : std::min(panels, ceil_div(units, g.row_blocks));
  g.packing_parts = threads_ == 1 ? 1
                                  : std::min(ceil_div(units_per_thread * threads_, g.row_blocks),
                                             ceil_div(g.rows, g.row_blocks * least_packed));
  const int64_t steps = steps_of(g.panels, product);
  const int64_t blocks = ceil_div(steps, longest_steps(g.panels, product));
  for (int64_t i = 0; i < blocks; i++) {
    g.k = steps * i / blocks;
    g.steps = steps * (i + 1) / blocks - g.k;
    if (product.pack_rows) share(g.row_blocks * g.packing_parts, product.pack_rows, &g);
    share(g.row_blocks * g.panel_groups, product.gemm, &g);
  }
}

}  // namespace sigil::native
