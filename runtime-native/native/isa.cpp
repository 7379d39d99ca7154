#include "isa.h"
#include <algorithm>
#include "kernels/tables.h"
#if defined(__x86_64__) || defined(_M_X64)
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace sigil::native {
namespace {

/// A table with another product of bfloat16.
[[maybe_unused]] Table with_bfloat16(Table table, const char* name, const Product& product) {
  table.name = name;
  table.products[(int)Type::bfloat16] = product;
  return table;
}

#if defined(__x86_64__) || defined(_M_X64)
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned part = 0) {
  Registers r;
#ifdef _MSC_VER
  int values[4];
  __cpuidex(values, (int)leaf, (int)part);
  r = {(unsigned)values[0], (unsigned)values[1], (unsigned)values[2], (unsigned)values[3]};
#else
  if (!__get_cpuid_count(leaf, part, &r.a, &r.b, &r.c, &r.d)) return {};
#endif
  return r;
}

/// Registers that the system saves (XCR0).
unsigned saved() {
#ifdef _MSC_VER
  return (unsigned)_xgetbv(0);
#else
  unsigned a, d;
  asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
#endif
}

bool bit(unsigned value, int i) { return (value >> i & 1) != 0; }

/// Whether there are AMX's tiles for bfloat16, and the system gives them to this process.
bool may_use_tiles(unsigned features, unsigned state) {
  if (!bit(features, 22) || !bit(features, 24) || (state >> 17 & 3) != 3) return false;
#ifdef __linux__
  // ARCH_REQ_XCOMP_PERM of the tiles' data: tiles are given to those who ask.
  static const bool given = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  return given;
#else
  return false;
#endif
}

std::vector<const Table*> detect() {
  std::vector<const Table*> found;
  const Registers basic = cpuid(1), more = cpuid(7);
  if (!bit(basic.c, 27)) return found;  // OSXSAVE
  const unsigned state = saved();
  const bool ymm = (state & 0x6) == 0x6, zmm = (state & 0xe6) == 0xe6;
  // FMA, AVX, F16C, AVX2
  const bool avx2 =
      ymm && bit(basic.c, 12) && bit(basic.c, 28) && bit(basic.c, 29) && bit(more.b, 5);
  // F, DQ, BW, VL
  const bool avx512 =
      avx2 && zmm && bit(more.b, 16) && bit(more.b, 17) && bit(more.b, 30) && bit(more.b, 31);
  if (avx512) {
    static const Table bf16 = with_bfloat16(avx512_table, "avx512_bf16", avx512_bfloat16);
    static const Table amx = with_bfloat16(avx512_table, "amx", amx_bfloat16);
    if (may_use_tiles(more.d, state)) found.push_back(&amx);
    // On Intel's processors the pairs are no faster than float32, and AMX is there instead.
    if (bit(cpuid(7, 1).a, 5)) found.push_back(&bf16);
    found.push_back(&avx512_table);
  }
  if (avx2) found.push_back(&avx2_table);
  return found;
}
#elif defined(__aarch64__) || defined(_M_ARM64)
/// Whether there are products of bfloat16 (FEAT_BF16).
bool multiplies_bfloat16() {
#if defined(__linux__)
  // HWCAP2_BF16
  return (getauxval(AT_HWCAP2) >> 14 & 1) != 0;
#elif defined(__APPLE__)
  int there = 0;
  size_t size = sizeof there;
  return sysctlbyname("hw.optional.arm.FEAT_BF16", &there, &size, nullptr, 0) == 0 && there != 0;
#else
  return false;
#endif
}

std::vector<const Table*> detect() {
  static const Table bf16 = with_bfloat16(neon_table, "neon_bf16", neon_bfloat16);
  if (multiplies_bfloat16()) return {&bf16, &neon_table};
  return {&neon_table};
}
#else
std::vector<const Table*> detect() { return {}; }
#endif

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

std::vector<const Table*> instruction_sets(const std::string& mask) {
  std::vector<const Table*> sets = detect();
  const std::vector<std::string> names = split(mask);
  const bool some = std::any_of(names.begin(), names.end(),
                                [](const std::string& name) { return name[0] != '-'; });
  const auto named = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  sets.erase(std::remove_if(sets.begin(), sets.end(),
                            [&](const Table* set) {
                              return named(std::string("-") + set->name) ||
                                     (some && !named(set->name));
                            }),
             sets.end());
  return sets;
}

}  // namespace sigil::native
