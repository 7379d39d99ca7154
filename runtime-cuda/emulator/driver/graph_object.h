// A graph of launches in a row, and what it was instantiated to: the same with a copy of its
// launches.
#pragma once
#include <vector>
#include "launch_object.h"

namespace sigil::emulated {

struct GraphObject {
  /// By node, in the order in which they were added; each depends on the one before, once it
  /// `follows` it.
  std::vector<LaunchObject> launches;
  std::vector<bool> follows;
  /// Of an exec: the handles that its graph's nodes have.
  std::vector<cuda::GraphNode> nodes;
};

}  // namespace sigil::emulated
