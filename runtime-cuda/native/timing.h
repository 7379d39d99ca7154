// Times of work on a stream, by the device's own clock.
#pragma once
#include <functional>
#include <string>
#include <vector>
#include "driver.h"

namespace sigil::cuda {

/// Sends `count` pieces of work with events before, between and after, and waits. Returns
/// microseconds of each.
std::vector<float> time_each(const Driver& driver, Stream stream, size_t count,
                             const std::function<void(size_t)>& send,
                             const std::function<std::string(size_t)>& about);

}  // namespace sigil::cuda
