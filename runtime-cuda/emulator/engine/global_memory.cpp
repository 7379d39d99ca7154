// Memory of the card, with a page that cannot be touched behind each allocation.
#include <sys/mman.h>

#include <cstring>

#include "engine/launch.h"
#include "engine/state.h"

using sigil::emulator::poison_word;

namespace {
constexpr uint64_t page = 4096;
/// At the start of a mapping: its size.
struct Header {
  uint64_t mapped;
};
}  // namespace

void* sigil_emulated_allocate(uint64_t bytes) {
  const uint64_t padded = bytes == 0 ? 256 : (bytes + 255) / 256 * 256,
                 paged = (padded + page - 1) / page * page, mapped = paged + 2 * page;
  char* base = static_cast<char*>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (base == MAP_FAILED) return nullptr;
  mprotect(base + page + paged, page, PROT_NONE);
  reinterpret_cast<Header*>(base)->mapped = mapped;
  char* memory = base + page + paged - padded;
  for (uint64_t i = 0; i < padded; i += 4) memcpy(memory + i, &poison_word, 4);
  return memory;
}

void sigil_emulated_free(void* memory) {
  if (!memory) return;
  char* base = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(memory) & ~(page - 1)) - page;
  munmap(base, reinterpret_cast<Header*>(base)->mapped);
}
