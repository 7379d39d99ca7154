// The launches of a program as one CUDA graph, whose sizes can be changed without building it
// again.
#pragma once
#include <vector>
#include "kernels.h"
#include "launch.h"

namespace sigil::cuda {

class LaunchGraph {
 public:
  /// Builds and uploads it. Each launch waits for the end of the one ahead: before it starts, or if
  /// it is programmatic and the driver has such edges, itself.
  LaunchGraph(const Driver& driver, const KernelSet& kernels, std::vector<Launch> launches,
              Stream stream);
  LaunchGraph(const LaunchGraph&) = delete;
  ~LaunchGraph();

  /// Other grids and parameters for the same kernels. Throws Failure; the graph must then be
  /// dropped.
  void update(std::vector<Launch> launches);
  void run(Stream stream) const;
  /// The same launches one by one with events between. Returns microseconds of each.
  std::vector<float> time(Stream stream) const;
  /// The whole graph, `count` times. Returns microseconds of each.
  std::vector<float> repeat(Stream stream, size_t count, const std::string& about) const;

 private:
  GraphNode add_node(const Launch& launch, const KernelNode& parameters);
  /// `addresses` receives what the node points to.
  KernelNode parameters_of(const Launch& launch, std::vector<void*>& addresses) const;

  const Driver& driver_;
  const KernelSet& kernels_;
  std::vector<Launch> launches_;
  std::vector<GraphNode> nodes_;
  Graph graph_ = nullptr;
  GraphExec exec_ = nullptr;
};

}  // namespace sigil::cuda
