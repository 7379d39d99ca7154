// Launches, and how threads share them.
#include <algorithm>
#include "clock.h"
#include "layout.h"
#include "program.h"

namespace sigil::native {

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
                               ceil_div(a.queries, query_block));
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

}  // namespace sigil::native
