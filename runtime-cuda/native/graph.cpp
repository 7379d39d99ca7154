#include "graph.h"
#include "timing.h"

namespace sigil::cuda {

LaunchGraph::LaunchGraph(const Driver& driver, const KernelSet& kernels,
                         std::vector<Launch> launches, Stream stream)
    : driver_(driver), kernels_(kernels), launches_(std::move(launches)) {
  try {
    driver_.check(driver_.cuGraphCreate(&graph_, 0), "cuGraphCreate");
    for (Launch& launch : launches_) {
      encode_maps(driver_, launch);
      std::vector<void*> addresses;
      const KernelNode parameters = parameters_of(launch, addresses);
      const GraphNode node = add_node(launch, parameters);
      nodes_.push_back(node);
      if (launch.cluster == 0) continue;
      LaunchAttributeValue value{};
      value.cluster[0] = launch.cluster;
      value.cluster[1] = value.cluster[2] = 1;
      driver_.check(driver_.cuGraphKernelNodeSetAttribute(node, attribute_cluster, &value),
                    "cuGraphKernelNodeSetAttribute", launch.about);
    }
    driver_.check(driver_.cuGraphInstantiateWithFlags(&exec_, graph_, 0),
                  "cuGraphInstantiateWithFlags");
    driver_.check(driver_.cuGraphUpload(exec_, stream), "cuGraphUpload");
  } catch (...) {
    if (exec_) driver_.cuGraphExecDestroy(exec_);
    if (graph_) driver_.cuGraphDestroy(graph_);
    throw;
  }
}

LaunchGraph::~LaunchGraph() {
  driver_.cuGraphExecDestroy(exec_);
  driver_.cuGraphDestroy(graph_);
}

// A programmatic edge lets a kernel start once every block of the one ahead has executed
// release_successor or ended: a kernel that never does so ends first, so any kernel may be ahead.
// What is right depends on the later kernel alone, whose `programmatic` says two things. Before
// wait_for_predecessor a thread touches nothing that kernels of the program write: weights at most,
// which init has finished before the first graph, since the kernels ahead may be several that have
// not ended, back to the last plain edge. And some thread of every launch waits: then its end is
// after the end of all kernels ahead, and who waits for it alone has waited for all of them, to
// read what they wrote and to write where they read. The first launch has no edge and follows
// whatever the stream did before.
GraphNode LaunchGraph::add_node(const Launch& launch, const KernelNode& parameters) {
  const bool programmatic =
      launch.programmatic && !nodes_.empty() && driver_.has_programmatic_edges();
  const size_t plain_edges = nodes_.empty() || programmatic ? 0 : 1;
  GraphNode node = nullptr;
  driver_.check(driver_.cuGraphAddKernelNode(&node, graph_, plain_edges ? &nodes_.back() : nullptr,
                                             plain_edges, &parameters),
                "cuGraphAddKernelNode", launch.about);
  if (!programmatic) return node;
  // One edge a call: drivers (580 to 610) are reported to give all edges of a call the first one's
  // data.
  const EdgeData data{port_programmatic, 0, dependency_programmatic, {}};
  driver_.check(driver_.cuGraphAddDependencies(graph_, &nodes_.back(), &node, &data, 1),
                "cuGraphAddDependencies", launch.about);
  return node;
}

KernelNode LaunchGraph::parameters_of(const Launch& launch, std::vector<void*>& addresses) const {
  const LoadedKernel& kernel = kernels_.kernel(launch.kernel);
  addresses = addresses_of(kernel, launch);
  return {kernel.function,
          {launch.grid[0], launch.grid[1], launch.grid[2]},
          {launch.threads, 1, 1},
          launch.shared_bytes,
          addresses.data(),
          nullptr,
          nullptr,
          nullptr};
}

void LaunchGraph::update(std::vector<Launch> launches) {
  if (launches.size() != nodes_.size())
    throw Failure{"handle", "the number of a graph's launches cannot change",
                  "",       "cuGraphExecKernelNodeSetParams",
                  "",       0};
  for (size_t i = 0; i < launches.size(); i++) {
    encode_maps(driver_, launches[i]);
    std::vector<void*> addresses;
    const KernelNode parameters = parameters_of(launches[i], addresses);
    driver_.check(driver_.cuGraphExecKernelNodeSetParams(exec_, nodes_[i], &parameters),
                  "cuGraphExecKernelNodeSetParams", launches[i].about);
  }
  launches_ = std::move(launches);
}

void LaunchGraph::run(Stream stream) const {
  driver_.check(driver_.cuGraphLaunch(exec_, stream), "cuGraphLaunch");
}

std::vector<float> LaunchGraph::time(Stream stream) const {
  return time_each(
      driver_, stream, launches_.size(),
      [&](size_t i) { send(driver_, kernels_.kernel(launches_[i].kernel), launches_[i], stream); },
      [&](size_t i) { return launches_[i].about; });
}

std::vector<float> LaunchGraph::repeat(Stream stream, size_t count,
                                       const std::string& about) const {
  return time_each(
      driver_, stream, count, [&](size_t) { run(stream); },
      [&](size_t i) { return about + ", run " + std::to_string(i); });
}

}  // namespace sigil::cuda
