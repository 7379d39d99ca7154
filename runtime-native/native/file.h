// Weights read from a file by the threads that pack them.
#pragma once
#include <cstdint>

namespace sigil::native {

/// A file that JavaScript has open. Not mapped: a file that became shorter would end the process,
/// and reading a panel's rows at once is as fast.
class File {
 public:
  /// A descriptor of its own for what `descriptor` is open on. Throws Failure weights.
  explicit File(int descriptor);
  File(const File&) = delete;
  ~File();

  /// Exactly these bytes. Throws Failure weights. From any thread.
  void read(int64_t offset, int64_t bytes, char* out) const;

 private:
  [[maybe_unused]] int descriptor_;
};

}  // namespace sigil::native
