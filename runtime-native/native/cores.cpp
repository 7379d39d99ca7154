#include "cores.h"
#include <algorithm>
#include <thread>
#ifdef __linux__
#include <sched.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace sigil::native {
namespace {

/// More would need care for where memory lies.
constexpr int most = 16;

#ifdef __linux__
std::string first_line(const std::string& path) {
  std::string line;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    char text[256];
    if (std::fgets(text, sizeof text, file)) line = text;
    std::fclose(file);
  }
  return line;
}

/// Cores of the affinity mask: processors that are siblings count once.
int cores() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0)
    return (int)std::thread::hardware_concurrency();
  std::set<std::string> found;
  for (int i = 0; i < CPU_SETSIZE; i++) {
    if (!CPU_ISSET(i, &mask)) continue;
    const std::string siblings = first_line("/sys/devices/system/cpu/cpu" + std::to_string(i) +
                                            "/topology/thread_siblings_list");
    found.insert(siblings.empty() ? std::to_string(i) : siblings);
  }
  return (int)found.size();
}

/// Of processor time, rounded up; a large number where there is none.
int quota() {
  const std::string line = first_line("/sys/fs/cgroup/cpu.max");
  long long allowed = 0, period = 0;
  if (std::sscanf(line.c_str(), "%lld %lld", &allowed, &period) == 2 && allowed > 0 && period > 0)
    return (int)std::min<long long>((allowed + period - 1) / period, most);
  const long long old = std::atoll(first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").c_str());
  const long long of = std::atoll(first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us").c_str());
  if (old > 0 && of > 0) return (int)std::min<long long>((old + of - 1) / of, most);
  return most;
}
#elif defined(__APPLE__)
int cores() {
  int count = 0;
  size_t size = sizeof count;
  // The fast ones, where there are two kinds.
  if (sysctlbyname("hw.perflevel0.physicalcpu", &count, &size, nullptr, 0) == 0 && count > 0)
    return count;
  size = sizeof count;
  if (sysctlbyname("hw.physicalcpu", &count, &size, nullptr, 0) == 0) return count;
  return (int)std::thread::hardware_concurrency();
}
int quota() { return most; }
#else
int cores() { return (int)std::thread::hardware_concurrency(); }
int quota() { return most; }
#endif

}  // namespace

long level_two_bytes() {
  static const long bytes = [] {
#if defined(__linux__) && defined(_SC_LEVEL2_CACHE_SIZE)
    const long found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#elif defined(__APPLE__)
    int64_t found = 0;
    size_t size = sizeof found;
    if (sysctlbyname("hw.perflevel0.l2cachesize", &found, &size, nullptr, 0) != 0) found = 0;
    // Several cores share it.
    found /= 4;
#else
    const long found = 0;
#endif
    return found >= 256 << 10 ? std::min<long>(found, 4 << 20) : 1 << 20;
  }();
  return bytes;
}

int usable_cores() { return std::max(1, std::min({cores(), quota(), most})); }

}  // namespace sigil::native
