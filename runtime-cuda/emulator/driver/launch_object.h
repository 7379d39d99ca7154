// A launch with its own copy of the parameters: checked when it is asked for, run when its turn
// comes.
#pragma once
#include <memory>
#include <vector>
#include "image.h"

namespace sigil::emulated {

struct LaunchObject {
  std::shared_ptr<KernelObject> kernel;
  unsigned grid[3], block[3], cluster;
  unsigned shared_bytes;
  std::vector<char> parameters;
  /// Whether a programmatic edge leads to it from the launch ahead.
  bool programmatic = false;
};

/// Checks what a caller passes, and copies each parameter to where the kernel reads it.
cuda::Status make_launch(LaunchObject* launch, cuda::Function function, const unsigned grid[3],
                         const unsigned block[3], unsigned shared_bytes, void** parameters,
                         void** extra);
/// Whether a cluster divides the grid.
cuda::Status check_cluster(const LaunchObject& launch);
/// On the stream's thread, one after another, or by their programmatic edges; a failure becomes the
/// state's fault.
void run_launches(const std::vector<LaunchObject>& launches);

}  // namespace sigil::emulated
