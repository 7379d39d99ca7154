#include "memory.h"
#include <utility>
#include "failure.h"
#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace sigil::native {
namespace {

size_t round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

[[noreturn]] void refuse(size_t bytes, const char* about) {
  throw Failure("out-of-memory",
                "cannot allocate " + std::to_string(bytes) + " bytes for " + about);
}

}  // namespace

void Memory::swap(Memory& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(mapping_, other.mapping_);
  std::swap(mapped_, other.mapped_);
}

#ifdef _WIN32

Memory::Memory(size_t bytes, const char* about) : bytes_(round_up(bytes, 64)) {
  constexpr size_t page = 4096;
  const size_t body = round_up(bytes_, page);
  mapped_ = body + page;
  mapping_ = VirtualAlloc(nullptr, mapped_, MEM_RESERVE, PAGE_NOACCESS);
  if (!mapping_) refuse(bytes, about);
  if (body > 0 && !VirtualAlloc(mapping_, body, MEM_COMMIT, PAGE_READWRITE)) {
    VirtualFree(mapping_, 0, MEM_RELEASE);
    mapping_ = nullptr;
    refuse(bytes, about);
  }
  data_ = (char*)mapping_ + (body - bytes_);
}

Memory::~Memory() {
  if (mapping_) VirtualFree(mapping_, 0, MEM_RELEASE);
}

#else

/// What a huge page of most systems holds.
constexpr size_t huge = size_t{2} << 20;

Memory::Memory(size_t bytes, const char* about) : bytes_(round_up(bytes, 64)) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t body = round_up(bytes_, page);
  // Large ones begin where a huge page does.
  const size_t room = bytes_ >= huge ? huge : 0;
  mapped_ = body + page + room;
  mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    refuse(bytes, about);
  }
  char* begin = (char*)mapping_;
  if (room > 0) {
    begin = (char*)round_up((size_t)mapping_, huge);
#ifdef MADV_HUGEPAGE
    madvise(begin, body, MADV_HUGEPAGE);
#endif
  }
  if (mprotect(begin + body, page, PROT_NONE) != 0) {
    munmap(mapping_, mapped_);
    mapping_ = nullptr;
    refuse(bytes, about);
  }
  data_ = begin + (body - bytes_);
}

Memory::~Memory() {
  if (mapping_) munmap(mapping_, mapped_);
}

#endif

}  // namespace sigil::native
