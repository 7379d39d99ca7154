#include "staging.h"
#include <algorithm>
#include <cstring>

namespace sigil::cuda {

Staging::Staging(const Driver& driver, size_t half_bytes)
    : driver_(driver), half_bytes_(half_bytes) {
  for (Half& half : halves_) {
    try {
      driver_.check(driver_.cuMemHostAlloc(reinterpret_cast<void**>(&half.memory), half_bytes_, 0),
                    "cuMemHostAlloc",
                    "pinned staging memory of " + std::to_string(half_bytes_) + " bytes");
      // The worker spins while it waits: a thread that sleeps is woken tens of microseconds late,
      // and a run may take less than a millisecond.
      driver_.check(driver_.cuEventCreate(&half.copied, event_without_time), "cuEventCreate",
                    "staging");
    } catch (...) {
      this->~Staging();
      throw;
    }
  }
}

Staging::~Staging() {
  for (Half& half : halves_) {
    if (half.copied) driver_.cuEventDestroy(half.copied);
    if (half.memory) driver_.cuMemFreeHost(half.memory);
    half = {};
  }
}

void Staging::wait(const Half& half, const std::string& about) const {
  driver_.check(driver_.cuEventSynchronize(half.copied), "cuEventSynchronize", about);
}

void Staging::upload(Pointer target, const void* source, size_t bytes, Stream stream,
                     const std::string& about) {
  for (size_t at = 0; at < bytes; at += half_bytes_) {
    const size_t count = std::min(half_bytes_, bytes - at);
    Half& half = halves_[next_];
    next_ ^= 1;
    wait(half, about);
    std::memcpy(half.memory, static_cast<const char*>(source) + at, count);
    driver_.check(driver_.cuMemcpyHtoDAsync(target + at, half.memory, count, stream),
                  "cuMemcpyHtoDAsync", about);
    driver_.check(driver_.cuEventRecord(half.copied, stream), "cuEventRecord", about);
  }
}

void Staging::download(void* target, Pointer source, size_t bytes, Stream stream,
                       const std::string& about) {
  const size_t pieces = (bytes + half_bytes_ - 1) / half_bytes_;
  const auto size = [&](size_t piece) {
    return std::min(half_bytes_, bytes - piece * half_bytes_);
  };
  // Piece i is taken out while piece i + 1 is copied.
  for (size_t piece = 0; piece <= pieces; piece++) {
    if (piece < pieces) {
      const Half& half = halves_[piece % 2];
      wait(half, about);
      driver_.check(
          driver_.cuMemcpyDtoHAsync(half.memory, source + piece * half_bytes_, size(piece), stream),
          "cuMemcpyDtoHAsync", about);
      driver_.check(driver_.cuEventRecord(half.copied, stream), "cuEventRecord", about);
    }
    if (piece == 0) continue;
    const Half& done = halves_[(piece - 1) % 2];
    wait(done, about);
    std::memcpy(static_cast<char*>(target) + (piece - 1) * half_bytes_, done.memory,
                size(piece - 1));
  }
}

}  // namespace sigil::cuda
