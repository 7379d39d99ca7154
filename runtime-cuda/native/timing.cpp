#include "timing.h"

namespace sigil::cuda {
namespace {

struct Events {
  const Driver& driver;
  std::vector<Event> all;
  ~Events() {
    for (Event event : all) driver.cuEventDestroy(event);
  }
  void record(Stream stream) {
    Event event = nullptr;
    driver.check(driver.cuEventCreate(&event, 0), "cuEventCreate");
    all.push_back(event);
    driver.check(driver.cuEventRecord(event, stream), "cuEventRecord");
  }
};

}  // namespace

std::vector<float> time_each(const Driver& driver, Stream stream, size_t count,
                             const std::function<void(size_t)>& send,
                             const std::function<std::string(size_t)>& about) {
  Events events{driver, {}};
  events.record(stream);
  for (size_t i = 0; i < count; i++) {
    send(i);
    events.record(stream);
  }
  driver.check(driver.cuStreamSynchronize(stream), "cuStreamSynchronize",
               count == 0 ? "" : "one of those timed, " + about(0) + " to " + about(count - 1));
  std::vector<float> microseconds;
  for (size_t i = 0; i < count; i++) {
    float milliseconds = 0;
    driver.check(driver.cuEventElapsedTime(&milliseconds, events.all[i], events.all[i + 1]),
                 "cuEventElapsedTime", about(i));
    microseconds.push_back(1000 * milliseconds);
  }
  return microseconds;
}

}  // namespace sigil::cuda
