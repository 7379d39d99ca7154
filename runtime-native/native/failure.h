#pragma once
#include <stdexcept>
#include <string>

namespace sigil::native {

/// What cannot be done, on its way to a JavaScript error with `code`: "descriptor", "out-of-memory"
/// or "weights".
struct Failure : std::runtime_error {
  Failure(std::string code, const std::string& message)
      : std::runtime_error(message), code(std::move(code)) {}
  const std::string code;
};

}  // namespace sigil::native
