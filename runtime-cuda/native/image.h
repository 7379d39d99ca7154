// Images of kernels, checked before the driver reads them, which is told no length.
#pragma once
#include <string>
#include <vector>

namespace sigil::cuda {

/// Throws Failure "image" for what is cut off, or is none; puts a zero behind it, with which text
/// ends.
void check_image(std::vector<char>& image, const std::string& about);

}  // namespace sigil::cuda
