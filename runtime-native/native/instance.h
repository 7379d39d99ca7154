#pragma once
#include <napi.h>
#include "promises.h"

namespace sigil::native {

/// What an environment of JavaScript has of the addon.
struct Instance {
  Napi::FunctionReference program;
  /// Its environment ends it.
  Jobs* jobs;
};

}  // namespace sigil::native
