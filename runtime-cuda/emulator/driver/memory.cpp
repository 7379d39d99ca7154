#include "memory.h"
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include "record.h"
#include "settings.h"

namespace sigil::emulated {
namespace {

using namespace sigil::cuda;

constexpr size_t alignment = 256;
constexpr int poison = 0xff;

std::mutex mutex;
std::map<uintptr_t, size_t> device_ranges, pinned_ranges;
size_t total = 0;

void* make(std::map<uintptr_t, size_t>& ranges, size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, bytes) != 0) return nullptr;
  std::memset(memory, poison, bytes);
  ranges[reinterpret_cast<uintptr_t>(memory)] = bytes;
  return memory;
}

size_t drop(std::map<uintptr_t, size_t>& ranges, uintptr_t address) {
  const auto found = ranges.find(address);
  if (found == ranges.end()) return 0;
  const size_t bytes = found->second;
  std::memset(reinterpret_cast<void*>(address), poison, bytes);
  ranges.erase(found);
  std::free(reinterpret_cast<void*>(address));
  return bytes;
}

bool covers(const std::map<uintptr_t, size_t>& ranges, uintptr_t address, size_t bytes) {
  auto after = ranges.upper_bound(address);
  if (after == ranges.begin()) return false;
  --after;
  return address + bytes <= after->first + after->second && address < after->first + after->second;
}

}  // namespace

Status allocate(Pointer* pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  if (bytes == 0) return invalid_value;
  if (total + bytes > static_cast<size_t>(number_setting("MEMORY", int64_t{16} << 30)))
    return out_of_memory;
  void* memory = make(device_ranges, bytes);
  if (!memory) return out_of_memory;
  total += bytes;
  *pointer = reinterpret_cast<Pointer>(memory);
  add_member(member("bytes", bytes) + member("pointer", *pointer));
  return success;
}

Status release(Pointer pointer) {
  std::lock_guard<std::mutex> lock(mutex);
  const size_t bytes = drop(device_ranges, pointer);
  if (bytes == 0) {
    record_problem("cuMemFree of memory that is not allocated");
    return invalid_value;
  }
  total -= bytes;
  return success;
}

Status allocate_pinned(void** pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  *pointer = bytes == 0 ? nullptr : make(pinned_ranges, bytes);
  add_member(member("bytes", bytes));
  return *pointer ? success : out_of_memory;
}

Status release_pinned(void* pointer) {
  std::lock_guard<std::mutex> lock(mutex);
  if (drop(pinned_ranges, reinterpret_cast<uintptr_t>(pointer)) > 0) return success;
  record_problem("cuMemFreeHost of memory that is not allocated");
  return invalid_value;
}

bool is_live(Pointer pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  return covers(device_ranges, pointer, bytes);
}

bool is_pinned(const void* pointer, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  return covers(pinned_ranges, reinterpret_cast<uintptr_t>(pointer), bytes);
}

size_t allocated_bytes() {
  std::lock_guard<std::mutex> lock(mutex);
  return total;
}

size_t allocation_count() {
  std::lock_guard<std::mutex> lock(mutex);
  return device_ranges.size();
}

size_t pinned_count() {
  std::lock_guard<std::mutex> lock(mutex);
  return pinned_ranges.size();
}

}  // namespace sigil::emulated
