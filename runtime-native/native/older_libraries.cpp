// What the headers of newer libraries refer to and older libraries lack; see older_libraries.h.
#include <new>

#if defined(__GLIBC__) && defined(__x86_64__)
/// Of glibc 2.32: whether reference counts may do without atomics. They may not: the addon has
/// threads.
extern "C" {
char __libc_single_threaded = 0;
}

namespace std {
/// Of GCC 11.
[[noreturn]] void __throw_bad_array_new_length() { throw bad_array_new_length(); }
}  // namespace std
#endif
