#include "file.h"
#include "failure.h"
#ifndef _WIN32
#include <unistd.h>
#include <cerrno>
#include <cstring>
#endif

namespace sigil::native {

#ifdef _WIN32

// Node's descriptors are those of its own C library there; JavaScript reads.
File::File(int) { throw Failure("weights", "files are not read by the addon on Windows"); }
File::~File() = default;
void File::read(int64_t, int64_t, char*) const {}

#else

File::File(int descriptor) : descriptor_(dup(descriptor)) {
  if (descriptor_ < 0)
    throw Failure("weights", std::string("cannot be read: ") + std::strerror(errno));
}

File::~File() { close(descriptor_); }

void File::read(int64_t offset, int64_t bytes, char* out) const {
  while (bytes > 0) {
    // Systems take at most 2 GiB at once.
    const size_t most = bytes < (1 << 30) ? (size_t)bytes : (size_t)1 << 30;
    const ssize_t got = pread(descriptor_, out, most, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Failure("weights", std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) throw Failure("weights", "became shorter while it was read");
    offset += got;
    bytes -= got;
    out += got;
  }
}

#endif

}  // namespace sigil::native
