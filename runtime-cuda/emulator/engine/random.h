// Small reproducible random numbers: the same on every machine.
#pragma once
#include <cstdint>

namespace sigil::emulator {

inline uint64_t mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

class Random {
 public:
  explicit Random(uint64_t seed = 0) : state_(mix(seed) | 1) {}
  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>(state_ >> 32);
  }
  /// 0 to count - 1.
  uint32_t below(uint32_t count) {
    return static_cast<uint32_t>(static_cast<uint64_t>(next()) * count >> 32);
  }
  bool one_in(uint32_t count) { return below(count) == 0; }

 private:
  uint64_t state_;
};

}  // namespace sigil::emulator
