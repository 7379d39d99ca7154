// Libraries, kernels, graphs and tensor maps.
#include <algorithm>
#include <cstring>
#include "calls.h"
#include "device_state.h"
#include "record.h"

namespace sigil::emulated::calls {
namespace {

/// Only an image with an engine can encode tensor maps as that engine reads them.
std::mutex encoder_mutex;
std::weak_ptr<ImageObject> last_with_encoder;

Status make_node(LaunchObject* launch, const KernelNode& node) {
  if (!node.function) return invalid_value;
  return make_launch(launch, node.function, node.grid, node.block, node.shared_bytes,
                     node.parameters, node.extra);
}

size_t index_of(const GraphObject& graph, GraphNode node) {
  size_t i = 0;
  while (i < graph.nodes.size() && graph.nodes[i] != node) i++;
  return i;
}

/// Nodes by what they belong to; a node's handle is its graph's with its number.
GraphNode node_handle(Graph graph, size_t index) {
  return reinterpret_cast<GraphNode>(reinterpret_cast<uintptr_t>(graph) << 16 | index);
}

}  // namespace

Status cuLibraryLoadData(Library* library, const void* code, int* jit_options, void** jit_values,
                         unsigned jit_count, int*, void**, unsigned) {
  std::shared_ptr<ImageObject> image;
  std::string log;
  const Status status = open_image(code, &image, &log);
  for (unsigned i = 0; i < jit_count; i++)
    if (jit_options[i] == error_log && i + 1 < jit_count && jit_options[i + 1] == error_log_bytes) {
      const auto capacity = reinterpret_cast<size_t>(jit_values[i + 1]);
      std::strncpy(static_cast<char*>(jit_values[i]), log.c_str(), capacity - 1);
    }
  if (status != success) return status;
  *library = state().images.add(image);
  for (const auto& [name, kernel] : image->kernels) {
    kernel->image = image;
    image->handles[name] = state().kernels.add(kernel);
  }
  if (image->encode) {
    std::lock_guard<std::mutex> lock(encoder_mutex);
    last_with_encoder = image;
  }
  add_member(member("kernels", image->kernels.size()));
  return success;
}

Status cuLibraryUnload(Library library) {
  const auto image = state().images.remove(library);
  if (!image) {
    record_problem("cuLibraryUnload of what is not loaded");
    return invalid_handle;
  }
  for (const auto& [_, handle] : image->handles) state().kernels.remove(handle);
  if (image->release) image->release();
  return success;
}

Status cuLibraryGetKernel(Kernel* kernel, Library library, const char* name) {
  const auto image = state().images.find(library);
  if (!image) return invalid_handle;
  const auto found = image->handles.find(name);
  if (found == image->handles.end()) return not_found;
  *kernel = found->second;
  return success;
}

Status cuKernelGetFunction(Function* function, Kernel kernel) {
  if (!state().kernels.find(kernel)) return invalid_handle;
  *function = reinterpret_cast<Function>(kernel);
  return success;
}

Status cuKernelGetAttribute(int* value, int attribute, Kernel kernel, DeviceOrdinal device) {
  if (!state().kernels.find(kernel)) return invalid_handle;
  int major = 0, minor = 0;
  cuDeviceGetAttribute(&major, capability_major, device);
  cuDeviceGetAttribute(&minor, capability_minor, device);
  *value = attribute == binary_version || attribute == ptx_version ? 10 * major + minor : 0;
  return success;
}

Status cuKernelSetAttribute(int attribute, int value, Kernel kernel, DeviceOrdinal device) {
  const auto found = state().kernels.find(kernel);
  if (!found) return invalid_handle;
  int most = 0;
  cuDeviceGetAttribute(&most, shared_bytes_per_block, device);
  if (attribute != dynamic_shared_bytes || value > most) return invalid_value;
  found->most_dynamic_shared_bytes = value;
  add_member(member("kernel", found->name) + member("shared", static_cast<unsigned>(value)));
  return success;
}

Status cuKernelGetParamInfo(Kernel kernel, size_t index, size_t* offset, size_t* bytes) {
  const auto found = state().kernels.find(kernel);
  if (!found) return invalid_handle;
  if (index >= found->parameters.size()) return invalid_value;
  *offset = found->parameters[index].offset;
  *bytes = found->parameters[index].bytes;
  return success;
}

Status cuLaunchKernelEx(const LaunchConfig* config, Function function, void** parameters,
                        void** extra) {
  const auto stream = state().streams.find(config->stream);
  if (!stream) return invalid_handle;
  LaunchObject launch;
  Status status = make_launch(&launch, function, config->grid, config->block, config->shared_bytes,
                              parameters, extra);
  if (status != success) return status;
  for (unsigned i = 0; i < config->attribute_count; i++)
    if (config->attributes[i].id == attribute_cluster)
      launch.cluster = config->attributes[i].value.cluster[0];
  status = check_cluster(launch);
  if (status != success) return status;
  stream->push([launch] { run_launches({launch}); });
  return success;
}

Status cuGraphCreate(Graph* graph, unsigned) {
  *graph = state().graphs.add(std::make_shared<GraphObject>());
  return success;
}

Status cuGraphDestroy(Graph graph) {
  return state().graphs.remove(graph) ? success : invalid_handle;
}

Status cuGraphAddKernelNode(GraphNode* node, Graph graph, const GraphNode* after, size_t count,
                            const KernelNode* parameters) {
  const auto found = state().graphs.find(graph);
  if (!found) return invalid_handle;
  // A row of launches is all that Sigil makes; without an edge here, one is added before the next.
  if (count > 1 || (count == 1 && (found->nodes.empty() || *after != found->nodes.back()))) {
    record_problem("a node that does not follow the one before");
    return invalid_value;
  }
  LaunchObject launch;
  const Status status = make_node(&launch, *parameters);
  if (status != success) return status;
  *node = node_handle(graph, found->nodes.size());
  found->nodes.push_back(*node);
  found->follows.push_back(count == 1);
  found->launches.push_back(launch);
  return success;
}

Status cuGraphAddDependencies(Graph graph, const GraphNode* from, const GraphNode* to,
                              const EdgeData* data, size_t count) {
  const auto found = state().graphs.find(graph);
  if (!found) return invalid_handle;
  constexpr EdgeData plain{};
  for (size_t i = 0; i < count; i++) {
    // As drivers are reported to do: every edge of a call has the first one's data.
    const EdgeData& edge = data ? data[0] : plain;
    const size_t source = index_of(*found, from[i]), target = index_of(*found, to[i]);
    if (source == found->nodes.size() || target == found->nodes.size()) return invalid_value;
    const bool programmatic = edge.type == dependency_programmatic;
    if (edge.to_port != 0 || std::any_of(edge.reserved, edge.reserved + sizeof edge.reserved,
                                         [](unsigned char byte) { return byte != 0; }))
      return invalid_value;
    // The port of launch order, 2, is not emulated.
    if (edge.type > dependency_programmatic ||
        edge.from_port != (programmatic ? port_programmatic : 0))
      return invalid_value;
    if (target != source + 1 || found->follows[target]) {
      if (target != source + 1) record_problem("an edge that does not lead to the next node");
      return invalid_value;
    }
    found->follows[target] = true;
    found->launches[target].programmatic = programmatic;
    add_member(member("kernel", found->launches[target].kernel->name) +
               member("port", edge.from_port) + member("type", edge.type));
  }
  return success;
}

Status cuGraphKernelNodeSetAttribute(GraphNode node, int attribute,
                                     const LaunchAttributeValue* value) {
  const auto graph =
      state().graphs.find(reinterpret_cast<Graph>(reinterpret_cast<uintptr_t>(node) >> 16));
  if (!graph || attribute != attribute_cluster) return invalid_value;
  LaunchObject& launch = graph->launches[index_of(*graph, node)];
  launch.cluster = value->cluster[0];
  return check_cluster(launch);
}

Status cuGraphInstantiateWithFlags(GraphExec* exec, Graph graph, unsigned long long) {
  const auto found = state().graphs.find(graph);
  if (!found) return invalid_handle;
  for (size_t i = 1; i < found->follows.size(); i++) {
    if (found->follows[i]) continue;
    record_problem(found->launches[i].kernel->name +
                   " follows nothing: it might run before what is ahead of it");
    return invalid_value;
  }
  add_member(member("launches", found->launches.size()));
  *exec = state().execs.add(std::make_shared<GraphObject>(*found));
  return success;
}

Status cuGraphExecKernelNodeSetParams(GraphExec exec, GraphNode node,
                                      const KernelNode* parameters) {
  const auto found = state().execs.find(exec);
  if (!found) return invalid_handle;
  const size_t index = index_of(*found, node);
  if (index == found->nodes.size()) return invalid_value;
  LaunchObject launch;
  const Status status = make_node(&launch, *parameters);
  if (status != success) return status;
  launch.cluster = found->launches[index].cluster;
  launch.programmatic = found->launches[index].programmatic;
  if (const Status fits = check_cluster(launch)) return fits;
  found->launches[index] = launch;
  return success;
}

Status cuGraphUpload(GraphExec exec, Stream stream) {
  return state().execs.find(exec) && state().streams.find(stream) ? success : invalid_handle;
}

Status cuGraphLaunch(GraphExec exec, Stream stream) {
  const auto found = state().execs.find(exec);
  const auto queue = state().streams.find(stream);
  if (!found || !queue) return invalid_handle;
  const auto overlapping =
      std::count_if(found->launches.begin(), found->launches.end(),
                    [](const LaunchObject& launch) { return launch.programmatic; });
  add_member(member("launches", found->launches.size()) +
             member("programmatic", static_cast<unsigned long long>(overlapping)));
  // A copy: the exec may be changed before its turn comes.
  queue->push([launches = found->launches] { run_launches(launches); });
  return success;
}

Status cuGraphExecDestroy(GraphExec exec) {
  return state().execs.remove(exec) ? success : invalid_handle;
}

Status cuTensorMapEncodeTiled(TensorMap* map, int type, uint32_t rank, void* address,
                              const uint64_t* sizes, const uint64_t* strides, const uint32_t* box,
                              const uint32_t* element_strides, int, int swizzle, int, int) {
  std::shared_ptr<ImageObject> image;
  {
    std::lock_guard<std::mutex> lock(encoder_mutex);
    image = last_with_encoder.lock();
  }
  // Kernels that do nothing read no map.
  if (!image) return success;
  char message[1024] = "";
  if (image->encode(map, type, rank, address, sizes, strides, box, element_strides, swizzle,
                    message, sizeof message) == SIGIL_OK)
    return success;
  record_problem(message);
  return invalid_value;
}

}  // namespace sigil::emulated::calls
