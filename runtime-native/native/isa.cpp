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

/// A table with another product of weights in `storage`.
[[maybe_unused]] Table with(Table table, const char* name, Storage storage,
                            const Product& product) {
  table.name = name;
  table.products[(int)storage] = product;
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

/// Whether there are AMX's tiles for bfloat16 and int8, and the system gives them to this process.
bool may_use_tiles(unsigned features, unsigned state) {
  const bool there = bit(features, 22) && bit(features, 24) && bit(features, 25);
  if (!there || (state >> 17 & 3) != 3) return false;
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
  const unsigned later = cpuid(7, 1).a;
  if (avx512) {
    static const Table vnni = with(avx512_table, "avx512_vnni", Storage::int8, avx512_int8);
    const bool has_vnni = bit(more.c, 11);
    const Table& base = has_vnni ? vnni : avx512_table;
    static const Table bf16 = with(base, "avx512_bf16", Storage::bfloat16, avx512_bfloat16);
    static const Table amx =
        with(with(base, "amx", Storage::bfloat16, amx_bfloat16), "amx", Storage::int8, amx_int8);
    if (may_use_tiles(more.d, state)) found.push_back(&amx);
    // On Intel's processors the pairs are no faster than float32, and AMX is there instead.
    if (bit(later, 5)) found.push_back(&bf16);
    if (has_vnni) found.push_back(&vnni);
    found.push_back(&avx512_table);
  }
  static const Table avx_vnni = with(avx2_table, "avx_vnni", Storage::int8, avx_int8);
  if (avx2 && bit(later, 4)) found.push_back(&avx_vnni);
  if (avx2) found.push_back(&avx2_table);
  return found;
}
#elif defined(__aarch64__) || defined(_M_ARM64)
/// Of FEAT_BF16, FEAT_DotProd and FEAT_I8MM, which are there.
struct Features {
  bool bfloat16 = false, dot = false, matrix = false;
};

#if defined(__APPLE__)
bool has(const char* name) {
  int there = 0;
  size_t size = sizeof there;
  return sysctlbyname(name, &there, &size, nullptr, 0) == 0 && there != 0;
}
#endif

Features features() {
#if defined(__linux__)
  // HWCAP2_BF16, HWCAP_ASIMDDP, HWCAP2_I8MM
  const unsigned long more = getauxval(AT_HWCAP2);
  return {(more >> 14 & 1) != 0, (getauxval(AT_HWCAP) >> 20 & 1) != 0, (more >> 13 & 1) != 0};
#elif defined(__APPLE__)
  return {has("hw.optional.arm.FEAT_BF16"), has("hw.optional.arm.FEAT_DotProd"),
          has("hw.optional.arm.FEAT_I8MM")};
#else
  return {};
#endif
}

std::vector<const Table*> detect() {
  const auto [bfloat16, dot, matrix] = features();
  static const Table dots = with(neon_table, "neon_dot", Storage::int8, neon_int8);
  static const Table bf16 =
      with(dot ? dots : neon_table, "neon_bf16", Storage::bfloat16, neon_bfloat16);
  static const Table i8mm =
      with(with(neon_table, "neon_i8mm", Storage::bfloat16, neon_bfloat16_blocks), "neon_i8mm",
           Storage::int8, neon_int8_blocks);
  std::vector<const Table*> found;
  if (matrix && bfloat16) found.push_back(&i8mm);
  if (bfloat16) found.push_back(&bf16);
  if (dot) found.push_back(&dots);
  found.push_back(&neon_table);
  return found;
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
