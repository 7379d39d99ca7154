// Included before everything else where the addon is built on x86-64 Linux with GNU's libraries:
// asks for the versions of symbols that older ones have too, so that what is built on a new machine
// runs wherever Node 20 does (glibc 2.28, GCC 8's libstdc++). Linking libstdc++ statically would do
// the opposite: it brings what it was built for, as arc4random of glibc 2.36, and twice the size.
#pragma once
#if defined(__linux__) && defined(__x86_64__) && defined(__GNUC__)
#include <features.h>
#endif
#if defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dlerror, dlerror@GLIBC_2.2.5");
// std::condition_variable::wait
__asm__(
    ".symver _ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE, "
    "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE@GLIBCXX_3.4.11");
#endif
