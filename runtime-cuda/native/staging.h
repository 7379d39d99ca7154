// A bounded piece of pinned memory through which passes what does not lie in pinned memory, on its
// way to and from a device: one half is filled while the other is copied.
#pragma once
#include "driver.h"

namespace sigil::cuda {

class Staging {
 public:
  Staging(const Driver& driver, size_t half_bytes);
  Staging(const Staging&) = delete;
  ~Staging();

  /// Sends host memory to the device, in as many pieces as it takes; `source` may be reused on
  /// return. The copies are ordered on the stream.
  void upload(Pointer target, const void* source, size_t bytes, Stream stream,
              const std::string& about);
  /// Fills host memory from the device once what the stream has under way is done.
  void download(void* target, Pointer source, size_t bytes, Stream stream,
                const std::string& about);

 private:
  struct Half {
    char* memory = nullptr;
    Event copied = nullptr;
  };
  void wait(const Half& half, const std::string& about) const;

  const Driver& driver_;
  size_t half_bytes_;
  Half halves_[2];
  int next_ = 0;
};

}  // namespace sigil::cuda
