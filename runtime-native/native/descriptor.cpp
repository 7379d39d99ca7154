#include "descriptor.h"
#include <cmath>
#include <string>
#include "failure.h"

namespace sigil::native {
namespace {

/// What src/encode.ts begins with.
constexpr double magic = 0x53474e41, version = descriptor_version;
/// No size, offset or product of sizes is larger: bytes of it still fit a double exactly.
constexpr int64_t most = int64_t{1} << 47;
/// Products of 127 and -128 of which a sum fits 32 bits.
constexpr int64_t most_integers = int64_t{1} << 17;

class Reader {
 public:
  Reader(const double* words, size_t count) : next_(words), end_(words + count) {}

  /// Where reading is, for messages.
  std::string where = "the head";

  [[noreturn]] void fail(const std::string& what) const {
    throw Failure("descriptor", where + ": " + what);
  }
  void expect(bool holds, const char* what) const {
    if (!holds) fail(what);
  }

  double number() {
    expect(next_ < end_, "it ends too early");
    return *next_++;
  }
  /// A whole number from `least` to `largest`.
  int64_t whole(const char* what, int64_t least, int64_t largest) {
    const double value = number();
    // Written so that NaN fails.
    if (!(value >= (double)least && value <= (double)largest && value == std::floor(value)))
      fail(std::string(what) + ": expected a whole number from " + std::to_string(least) + " to " +
           std::to_string(largest) + ", received " + std::to_string(value));
    return (int64_t)value;
  }
  int64_t size(const char* what) { return whole(what, 1, most); }
  float real(const char* what) {
    const double value = number();
    if (std::isnan(value)) fail(std::string(what) + ": received NaN");
    return (float)value;
  }
  template <class E>
  E choice(const char* what) {
    return (E)whole(what, 0, (int64_t)E::count - 1);
  }
  bool flag(const char* what) { return whole(what, 0, 1) == 1; }
  /// How many follow, of which each takes at least one word.
  size_t length(const char* what) { return (size_t)whole(what, 0, (int64_t)(end_ - next_)); }
  bool at_end() const { return next_ == end_; }

 private:
  const double* next_;
  const double* end_;
};

/// Products of sizes, refused beyond `most`.
class Sizes {
 public:
  explicit Sizes(const Reader& reader) : reader_(reader) {}
  int64_t times(int64_t a, int64_t b) const {
    if (a < 0 || b < 0 || (a > 0 && b > most / a)) reader_.fail("its sizes are too large");
    return a * b;
  }
  template <class... Rest>
  int64_t times(int64_t a, int64_t b, int64_t c, Rest... rest) const {
    return times(times(a, b), c, rest...);
  }
  int64_t plus(int64_t a, int64_t b) const {
    if (a < 0 || b < 0 || a > most - b) reader_.fail("its sizes are too large");
    return a + b;
  }

 private:
  const Reader& reader_;
};

class Decoder {
 public:
  Decoder(const double* words, size_t count) : in_(words, count), sizes_(in_) {}

  Descriptor run() {
    in_.expect(in_.number() == magic, "it does not describe a native program");
    in_.expect(in_.number() == version, "it is of another version");
    out_.arena_bytes = in_.whole("arena bytes", 0, most);
    out_.constant_bytes = in_.whole("constant bytes", 0, most);
    out_.symbols.resize(in_.length("symbols"));
    for (int64_t& symbol : out_.symbols) symbol = in_.whole("symbol", 1, 1 << 24);
    out_.weights.resize(in_.length("weights"));
    for (size_t i = 0; i < out_.weights.size(); i++) {
      in_.where = "weight " + std::to_string(i);
      Weight& w = out_.weights[i];
      w.panels = in_.flag("panels");
      w.storage = in_.choice<Storage>("storage");
      w.rows = in_.size("rows");
      w.columns = in_.size("columns");
      // Of rows whose columns are groups of their own: a code, a scale and a zero point each.
      sizes_.times(w.rows + group, w.columns + group, 12);
      w.bits = in_.whole("bits", 0, 8);
      const bool integers = w.storage == Storage::int8;
      in_.expect(!integers || w.bits == 8, "integers have 8 bits");
      if (w.bits == 0) continue;
      in_.expect(w.bits == 4 || w.bits == 8, "codes have 4 or 8 bits");
      in_.expect(w.panels && (integers || w.storage == Storage::float32),
                 "codes are panels of float32 or of integers");
      w.shared = in_.size("columns of a scale");
      w.zero_points = in_.flag("zero points");
      in_.expect(!integers || (w.shared >= w.columns && !w.zero_points),
                 "integers have one scale in a row and no zero points");
      in_.expect(!integers || w.columns <= most_integers, "sums of its integers need over 32 bits");
      for (float& number : w.numbers) number = in_.real("number of a code");
    }
    read_launches(out_.init, "init", true);
    read_launches(out_.launches, "launch", false);
    in_.expect(in_.at_end(), "something follows its end");
    return std::move(out_);
  }

 private:
  void read_launches(std::vector<Launch>& launches, const char* what, bool init) {
    in_.where = what;
    launches.resize(in_.length("launches"));
    in_init_ = init;
    for (size_t i = 0; i < launches.size(); i++) {
      in_.where = std::string(what) + " " + std::to_string(i);
      read_launch(launches[i]);
    }
    in_.where = "the end";
  }

  Extent extent(const char* what) {
    Extent e;
    e.factor = in_.whole(what, 1, most);
    e.symbols.resize(in_.length(what));
    for (uint32_t& symbol : e.symbols) {
      in_.expect(!in_init_, "loading knows no symbols");
      symbol = (uint32_t)in_.whole("symbol", 0, (int64_t)out_.symbols.size() - 1);
    }
    return e;
  }
  /// At the largest symbols.
  int64_t largest(const Extent& e) const {
    int64_t value = e.factor;
    for (const uint32_t symbol : e.symbols) value = sizes_.times(value, out_.symbols[symbol]);
    return value;
  }

  /// A place that has `count` elements of `bytes` bytes each.
  Place place(int64_t count, bool written, int64_t bytes = 4) {
    Place p;
    p.space = (Space)in_.whole("space", 0, 2);
    p.at = in_.whole("place", 0, most);
    const int64_t needed = sizes_.times(count, bytes);
    if (p.space == Space::weight) {
      in_.expect(p.at < (int64_t)out_.weights.size(), "there is no such weight");
      const Weight& w = out_.weights[(size_t)p.at];
      in_.expect(!written, "it writes a weight");
      in_.expect(!w.panels && w.storage == Storage::float32, "it reads a weight that is packed");
      in_.expect(needed <= sizes_.times(w.rows, w.columns, 4), "a weight is too small");
      return p;
    }
    const int64_t room = p.space == Space::arena ? out_.arena_bytes : out_.constant_bytes;
    in_.expect(p.at % 4 == 0, "a place is not aligned");
    in_.expect(sizes_.plus(p.at, needed) <= room, "an operand lies outside its memory");
    in_.expect(!in_init_ || p.space == Space::constants || !written, "it writes the arena");
    in_.expect(in_init_ || p.space == Space::arena || !written, "it writes what is constant");
    return p;
  }

  /// The largest element at which one of so many rows begins.
  int64_t strided(StridedRows& r, int64_t rows) {
    r.stride = in_.whole("stride", 0, most);
    r.first = in_.whole("first", 0, most);
    r.of = in_.whole("rows of a line", 0, most);
    r.line = in_.whole("line", 0, most);
    r.period = in_.whole("period", 0, most);
    const int64_t last = (r.period > 0 ? std::min(rows, r.period) : rows) - 1;
    const int64_t lines = r.of > 0 ? sizes_.times(last / r.of, r.line) : 0;
    const int64_t inside = r.of > 0 ? std::min(last, r.of - 1) : last;
    return sizes_.plus(sizes_.plus(lines, sizes_.times(inside, r.stride)), r.first);
  }

  void expression(Launch& launch, int64_t rows, int64_t columns) {
    ExpressionText& e = launch.expression;
    const size_t operands = in_.length("operands");
    in_.expect(operands <= 255, "it has too many operands");
    for (size_t i = 0; i < operands; i++) {
      Operand o{};
      o.index = in_.choice<Index>("index");
      int64_t count = 1;
      switch (o.index) {
        case Index::column:
          count = columns;
          break;
        case Index::element:
          count = sizes_.times(rows, columns);
          break;
        case Index::periodic:
          o.period = in_.size("period");
          count = sizes_.times(o.period, columns);
          break;
        case Index::strided:
          count = sizes_.plus(strided(o.rows, rows), columns);
          break;
        default:
          break;
      }
      e.operands.push_back(o);
      e.places.push_back(place(count, false));
    }
    e.code.resize(in_.length("code"));
    for (Code& code : e.code) {
      const Op op = in_.choice<Op>("operation");
      code.op = (uint8_t)op;
      code.target = (uint8_t)in_.whole("target", 0, most_registers - 1);
      code.a = (uint8_t)in_.whole("register", 0, most_registers - 1);
      const bool operand = reads_operand(op);
      code.b = (uint8_t)in_.whole(operand ? "operand" : "register", 0,
                                  operand ? (int64_t)operands - 1 : most_registers - 1);
      code.value = in_.real("value");
      for (const uint8_t used : {code.target, code.a, operand ? (uint8_t)0 : code.b})
        if (used >= e.registers) e.registers = (uint32_t)used + 1;
    }
  }

  void read_launch(Launch& launch) {
    launch.family = in_.choice<Family>("family");
    switch (launch.family) {
      case Family::gemm:
        return read_gemm(launch);
      case Family::dots:
        return read_dots(launch);
      case Family::attention:
        return read_attention(launch);
      case Family::row_reduce:
        return read_row_reduce(launch);
      default:
        return read_map(launch);
    }
  }

  void read_gemm(Launch& launch) {
    launch.rows = extent("rows");
    const int64_t rows = largest(launch.rows), columns = in_.size("columns");
    launch.depth = in_.size("depth");
    launch.a = in_.choice<Launch::Rows>("kind of rows");
    int64_t count, bytes = 4;
    if (launch.a == Launch::Rows::matrix) {
      launch.stride = in_.size("stride");
      in_.expect(launch.stride >= launch.depth, "its rows overlap");
      count = sizes_.plus(sizes_.times(rows - 1, launch.stride), launch.depth);
    } else {
      Patches& p = launch.patches;
      p.bytes = launch.a == Launch::Rows::bytes;
      p.channels = in_.size("channels");
      p.height = in_.size("height");
      p.width = in_.size("width");
      p.patch = in_.size("patch");
      p.grid_height = in_.size("grid height");
      p.grid_width = in_.size("grid width");
      const int64_t cells = sizes_.times(p.grid_height, p.grid_width);
      in_.expect(sizes_.times(p.grid_height, p.patch) <= p.height &&
                     sizes_.times(p.grid_width, p.patch) <= p.width,
                 "its patches lie outside the picture");
      in_.expect(sizes_.times(p.channels, p.patch, p.patch) == launch.depth,
                 "its patches have another depth");
      in_.expect(rows % cells == 0 && launch.rows.factor % cells == 0,
                 "its rows are not whole pictures");
      count = sizes_.times(rows / cells, p.channels, p.height, p.width);
      if (p.bytes) bytes = 1;
      // What they are cut to.
      sizes_.times(rows, launch.depth, 4);
    }
    launch.operands.push_back(place(count, false, bytes));
    Place b;
    b.space = Space::weight;
    b.at = in_.whole("weight", 0, (int64_t)out_.weights.size() - 1);
    const Weight& w = out_.weights[(size_t)b.at];
    in_.expect(w.panels && w.rows == columns && w.columns == launch.depth,
               "its weight has another shape");
    launch.operands.push_back(b);
    expression(launch, rows, columns);
    launch.operands.push_back(place(sizes_.times(rows, columns), true));
    launch.width = columns;
  }

  void read_dots(Launch& launch) {
    launch.rows = extent("rows");
    launch.columns = extent("columns");
    const int64_t rows = largest(launch.rows), columns = largest(launch.columns);
    launch.depth = in_.size("depth");
    launch.stride = in_.size("stride");
    in_.expect(launch.stride >= launch.depth, "its rows overlap");
    launch.operands.push_back(
        place(sizes_.plus(sizes_.times(rows - 1, launch.stride), launch.depth), false));
    launch.operands.push_back(place(sizes_.times(columns, launch.depth), false));
    expression(launch, rows, columns);
    launch.operands.push_back(place(sizes_.times(rows, columns), true));
  }

  void read_attention(Launch& launch) {
    Attention& a = launch.attention;
    launch.rows = extent("batch");
    const int64_t batch = largest(launch.rows);
    a.heads = in_.size("heads");
    a.head_size = in_.size("head size");
    a.queries = in_.size("queries");
    a.keys = in_.size("keys");
    a.query_stride = in_.size("query stride");
    a.key_stride = in_.size("key stride");
    a.value_stride = in_.size("value stride");
    a.shared_query = in_.flag("shared query");
    a.scale = in_.real("scale");
    const bool mask = in_.flag("mask"), probabilities = in_.flag("probabilities");
    const int64_t width = sizes_.times(a.heads, a.head_size);
    in_.expect(a.query_stride >= width && a.key_stride >= width && a.value_stride >= width,
               "its rows overlap");
    // Scratch of a thread.
    sizes_.times(sizes_.plus(a.keys, 64), sizes_.plus(a.head_size, 64), 16);
    sizes_.times(sizes_.times(batch, a.heads), a.queries);
    const auto rows = [&](int64_t count, int64_t stride) {
      return place(sizes_.plus(sizes_.times(count - 1, stride), width), false);
    };
    launch.operands.push_back(
        rows(a.shared_query ? a.queries : sizes_.times(batch, a.queries), a.query_stride));
    launch.operands.push_back(rows(sizes_.times(batch, a.keys), a.key_stride));
    launch.operands.push_back(rows(sizes_.times(batch, a.keys), a.value_stride));
    launch.operands.push_back(mask ? place(sizes_.times(batch, a.keys), false) : Place{});
    launch.operands.push_back(place(sizes_.times(batch, a.queries, width), true));
    launch.operands.push_back(
        probabilities ? place(sizes_.times(batch, a.heads, a.queries, a.keys), true) : Place{});
  }

  void read_row_reduce(Launch& launch) {
    RowReduce& r = launch.row_reduce;
    launch.rows = extent("rows");
    const int64_t rows = largest(launch.rows);
    r.kind = in_.choice<Reduction>("kind");
    r.width = in_.size("width");
    r.reduced = r.kind == Reduction::mean ? in_.size("reduced") : 1;
    r.epsilon = in_.real("epsilon");
    const bool mask = in_.flag("mask");
    const int64_t parameters = in_.whole("parameters", 0, r.kind == Reduction::mean ? 0 : 2);
    launch.operands.push_back(place(sizes_.times(rows, r.reduced, r.width), false));
    launch.operands.push_back(mask ? place(sizes_.times(rows, r.reduced), false) : Place{});
    launch.operands.push_back(parameters > 0 ? place(r.width, false) : Place{});
    launch.operands.push_back(parameters > 1 ? place(r.width, false) : Place{});
    launch.operands.push_back(place(sizes_.times(rows, r.width), true));
  }

  void read_map(Launch& launch) {
    launch.rows = extent("rows");
    const int64_t rows = largest(launch.rows);
    launch.width = in_.size("width");
    expression(launch, rows, launch.width);
    const int64_t count = sizes_.plus(strided(launch.written, rows), launch.width);
    launch.operands.push_back(place(count, true));
  }

  Reader in_;
  Sizes sizes_;
  Descriptor out_;
  bool in_init_ = false;
};

}  // namespace

Descriptor Descriptor::decode(const double* words, size_t count) {
  return Decoder(words, count).run();
}

int64_t Weight::scales_offset() const {
  const int64_t bytes = (rows + group - 1) / group * (group * bits / 8 * columns);
  return (bytes + 15) / 16 * 16;
}

int64_t Weight::scale_bytes() const {
  return 4 * ((rows + group - 1) / group * group) * ((columns + shared - 1) / shared);
}

int64_t Weight::code_bytes() const {
  return scales_offset() + scale_bytes() * (zero_points ? 2 : 1);
}

int64_t value_of(const Extent& extent, const std::vector<int64_t>& symbols) {
  int64_t value = extent.factor;
  for (const uint32_t symbol : extent.symbols) value *= symbols[symbol];
  return value;
}

}  // namespace sigil::native
