#include "memory.h"
#include <utility>
#include "failure.h"
#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#endif

namespace sigil::native {
namespace {

/// What a huge page of most systems holds.
constexpr size_t huge = size_t{2} << 20;

size_t round_up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

[[noreturn]] void refuse(size_t bytes, const char* about) {
  throw Failure("out-of-memory", "there are no " + std::to_string(bytes) + " bytes for " + about);
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

MappedFile::MappedFile(const std::string& path) {
  const auto fail = [&] { throw Failure("weights", path + " cannot be mapped"); };
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring wide(length, L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), length);
  const HANDLE file = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) fail();
  LARGE_INTEGER size;
  const HANDLE mapping = GetFileSizeEx(file, &size)
                             ? CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr)
                             : nullptr;
  CloseHandle(file);
  if (!mapping) fail();
  data_ = (const char*)MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
  CloseHandle(mapping);
  if (!data_) fail();
  bytes_ = (size_t)size.QuadPart;
}

MappedFile::~MappedFile() { UnmapViewOfFile(data_); }
void MappedFile::forget(size_t, size_t) const {}

#else

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

MappedFile::MappedFile(const std::string& path) {
  const auto fail = [&] {
    throw Failure("weights", path + " cannot be mapped (" + std::strerror(errno) + ")");
  };
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail();
  // Not fstat, whose symbol older C libraries lack.
  const off_t size = lseek(file, 0, SEEK_END);
  if (size <= 0) {
    close(file);
    fail();
  }
  void* data = mmap(nullptr, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (data == MAP_FAILED) fail();
  data_ = (const char*)data;
  bytes_ = (size_t)size;
}

MappedFile::~MappedFile() { munmap((void*)data_, bytes_); }

void MappedFile::forget(size_t begin, size_t end) const {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t first = round_up(begin, page), last = end / page * page;
  if (first < last) madvise((void*)(data_ + first), last - first, MADV_DONTNEED);
}

#endif

}  // namespace sigil::native
