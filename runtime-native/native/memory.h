// Memory of the system's own pages: for weights, values and scratch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace sigil::native {

/// Zeros at first, aligned to a page. A page that nobody may touch follows what was asked for, at
/// most 63 bytes behind its end, so that a kernel that leaves its bounds ends the process rather
/// than reads on.
class Memory {
 public:
  Memory() = default;
  /// Throws Failure out-of-memory, with `about` in its message.
  Memory(size_t bytes, const char* about);
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }
  Memory(const Memory&) = delete;
  ~Memory();

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void swap(Memory& other) noexcept;

  char* data_ = nullptr;
  size_t bytes_ = 0;
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
};

}  // namespace sigil::native
