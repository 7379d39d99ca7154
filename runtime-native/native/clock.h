// How long work takes.
#pragma once
#include <chrono>
#ifndef _WIN32
#include <ctime>
#endif

namespace sigil::native {

/// Seconds since some moment. Where one thread does all the work, of its own processor time, which
/// other programs take nothing of.
inline double seconds([[maybe_unused]] int threads) {
#if defined(CLOCK_THREAD_CPUTIME_ID) && !defined(_WIN32)
  timespec time;
  if (threads == 1 && clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0)
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
#endif
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace sigil::native
