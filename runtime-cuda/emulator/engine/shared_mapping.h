// The shared memory of one block, between pages that cannot be touched.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sigil::emulator {

class SharedMapping {
 public:
  SharedMapping();
  ~SharedMapping();
  SharedMapping(const SharedMapping&) = delete;
  /// Poisons `bytes` of memory that end, rounded up to 1024, where the pages do. Returns their
  /// start; null without memory.
  char* reset(uint64_t bytes);
  /// True when nothing was written between the memory and the pages that fault; otherwise `offset`
  /// is the first place, relative to the start.
  bool intact(int64_t& offset) const;
  bool contains(const void* address) const {
    return address >= mapping_ && address < mapping_ + size_;
  }

 private:
  char *mapping_, *pages_, *start_ = nullptr;
  size_t size_;
  uint64_t bytes_ = 0;
};

}  // namespace sigil::emulator
