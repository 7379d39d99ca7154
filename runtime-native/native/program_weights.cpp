// Weights on their way into a program's memory.
#include <algorithm>
#include <cstring>
#include <exception>
#include <mutex>
#include "layout.h"
#include "program.h"

namespace sigil::native {
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

}  // namespace sigil::native
