// A loaded program: its memory, its weights in panels, its launches ready to run.
#pragma once
#include <atomic>
#include <memory>
#include <vector>
#include "descriptor.h"
#include "file.h"
#include "memory.h"
#include "pool.h"

namespace sigil::native {

/// A stacked part of a weight on its way into panels: in memory, or in a file from an offset.
struct WeightPart {
  /// Of a weight of codes, all that there are.
  const void* rows;
  Type type;
  int64_t count;
  const File* file;
  int64_t offset;
};

class Program {
 public:
  /// Allocates; throws Failure.
  Program(Descriptor descriptor, const Table& table, Pool& pool, int threads);

  // Within a job of the pool, one at a time.

  /// Lays a weight out as it is multiplied. The parts have its rows and columns. Throws Failure
  /// weights for what cannot be read.
  void place(size_t weight, const std::vector<WeightPart>& parts);
  /// Computes what weights alone decide.
  void initialize();
  /// Every symbol from 1 to its largest; `stop` ends it early between launches. `times` takes the
  /// microseconds of each launch where it is not null.
  void run(const std::vector<int64_t>& symbols, const std::atomic<bool>& stop,
           std::vector<double>* times);

  const Descriptor& descriptor() const { return descriptor_; }
  char* arena() const { return arena_.data(); }
  int threads() const { return threads_; }
  /// Of weights, values and scratch.
  size_t bytes() const;

 private:
  /// Units for each thread, so that one that is held up delays a run by little.
  static constexpr int64_t units_per_thread = 4;

  const Product& product_of(const Weight& weight) const;
  Panels panels_of(const Weight& weight) const;
  int64_t weight_bytes(const Weight& weight) const;
  void place_integers(const Weight& weight, const void* read, char* out);
  char* resolve(const Place& place) const;
  template <class T>
  T* at(const Place& place) const {
    return (T*)resolve(place);
  }
  void bind(Launch& launch);
  int64_t scratch_bytes(const Launch& launch) const;
  void run(const Launch& launch, const std::vector<int64_t>& symbols);
  void gemm(const Launch& launch, int64_t rows);
  void multiply(Gemm& g, const Product& product, int64_t block);
  void share(int64_t units, Work work, const void* arguments);
  void share_rows(int64_t rows, Work work, const void* arguments);

  Descriptor descriptor_;
  const Table& table_;
  Pool& pool_;
  const int threads_;
  Memory constants_, arena_, weights_, patches_, narrow_, packed_, scratch_;
  std::vector<int64_t> offsets_;
  int64_t scratch_stride_ = 0;
};

}  // namespace sigil::native
