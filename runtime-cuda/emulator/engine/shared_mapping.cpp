#include "engine/shared_mapping.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "engine/state.h"

namespace sigil::emulator {

namespace {
constexpr size_t guard = 1 << 16, usable = (maximum_shared_bytes + 4095) / 4096 * 4096;

void poison(char* from, char* to) {
  for (; from < to; from += 4) memcpy(from, &poison_word, 4);
}
}  // namespace

SharedMapping::SharedMapping() : size_(usable + 2 * guard) {
  void* mapping =
      mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  mapping_ = mapping == MAP_FAILED ? nullptr : static_cast<char*>(mapping);
  pages_ = mapping_ + guard;
}
SharedMapping::~SharedMapping() {
  if (mapping_) munmap(mapping_, size_);
}

char* SharedMapping::reset(uint64_t bytes) {
  const uint64_t padded = (bytes + 1023) / 1024 * 1024;
  const uint64_t paged = (padded + 4095) / 4096 * 4096;
  if (!mapping_) return nullptr;
  if (bytes != bytes_ || !start_) {
    mprotect(mapping_, size_, PROT_NONE);
    if (mprotect(pages_ + usable - paged, paged, PROT_READ | PROT_WRITE) != 0) return nullptr;
    bytes_ = bytes;
    start_ = pages_ + usable - padded;
  }
  poison(pages_ + usable - paged, pages_ + usable);
  return start_;
}

bool SharedMapping::intact(int64_t& offset) const {
  const char* end = pages_ + usable;
  const uint64_t paged = (static_cast<uint64_t>(end - start_) + 4095) / 4096 * 4096;
  const auto wrong = [&](const char* at) {
    return *at != reinterpret_cast<const char*>(&poison_word)[(at - pages_) & 3];
  };
  for (const char* at = end - paged; at < end; at++) {
    if (at == start_) at += bytes_;
    if (at >= end) break;
    if (!wrong(at)) continue;
    offset = at - start_;
    return false;
  }
  return true;
}

}  // namespace sigil::emulator
