// Plain memory of this machine that is filled later: a vector would first fill it with zeros, which
// takes as long as a copy.
#pragma once
#include <cstddef>
#include <memory>

namespace sigil::cuda {

inline std::shared_ptr<unsigned char> host_memory(size_t bytes) {
  return {new unsigned char[bytes], std::default_delete<unsigned char[]>()};
}

}  // namespace sigil::cuda
