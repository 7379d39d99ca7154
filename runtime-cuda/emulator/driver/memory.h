// Device memory, which is host memory, and pinned memory; poisoned, and accounted for.
#pragma once
#include <cstddef>
#include "../../native/cuda_types.h"

namespace sigil::emulated {

/// Bytes of all ones: NaN in every float type. Returns a status.
cuda::Status allocate(cuda::Pointer* pointer, size_t bytes);
cuda::Status release(cuda::Pointer pointer);
cuda::Status allocate_pinned(void** pointer, size_t bytes);
cuda::Status release_pinned(void* pointer);
/// Whether all of a range lies in one live allocation.
bool is_live(cuda::Pointer pointer, size_t bytes);
bool is_pinned(const void* pointer, size_t bytes);
size_t allocated_bytes();
size_t allocation_count();
size_t pinned_count();

}  // namespace sigil::emulated
