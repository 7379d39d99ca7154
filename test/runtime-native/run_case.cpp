// Programs of the native backend without Node: what other processors and sanitizers run.
//   run_case run SET THREADS CASE OUT    the arena after a run of a case
//   run_case fuzz SET THREADS CASE COUNT SEED   mutations of its descriptor: refused, or run
// A case is what write-case.ts writes: words, weights, symbols and inputs, each behind its count.
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string>
#include <vector>
#include "../../runtime-native/native/failure.h"
#include "../../runtime-native/native/isa.h"
#include "../../runtime-native/native/program.h"

using namespace sigil::native;

namespace {

struct Case {
  std::vector<double> words;
  std::vector<std::vector<char>> weights;
  std::vector<int64_t> symbols;
  struct Input {
    size_t at;
    std::vector<char> data;
  };
  std::vector<Input> inputs;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::exit(2);
}

Case read_case(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) fail("the case cannot be opened");
  const auto number = [&] {
    uint64_t value;
    if (std::fread(&value, sizeof value, 1, file) != 1) fail("the case ends too early");
    return (size_t)value;
  };
  const auto read = [&](void* to, size_t bytes) {
    if (bytes > 0 && std::fread(to, 1, bytes, file) != bytes) fail("the case ends too early");
  };
  Case c;
  c.words.resize(number());
  read(c.words.data(), 8 * c.words.size());
  c.weights.resize(number());
  for (auto& weight : c.weights) {
    weight.resize(number());
    read(weight.data(), weight.size());
  }
  c.symbols.resize(number());
  for (auto& symbol : c.symbols) symbol = (int64_t)number();
  c.inputs.resize(number());
  for (auto& input : c.inputs) {
    input.at = number();
    input.data.resize(number());
    read(input.data.data(), input.data.size());
  }
  std::fclose(file);
  return c;
}

/// A job of the pool, waited for.
template <class F>
void in_pool(F work) {
  std::promise<void> done;
  Pool::shared().post([&] {
    try {
      work();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void run(Program& program, const Case& c) {
  for (size_t i = 0; i < program.descriptor().weights.size(); i++) {
    const Weight& weight = program.descriptor().weights[i];
    std::vector<char> values(
        (size_t)(weight.bits > 0 ? weight.code_bytes() : 4 * weight.rows * weight.columns));
    if (i < c.weights.size() && c.weights[i].size() == values.size()) values = c.weights[i];
    in_pool([&] { program.place(i, {{values.data(), Type::float32, weight.rows, nullptr, 0}}); });
  }
  in_pool([&] { program.initialize(); });
  for (const auto& input : c.inputs) {
    const auto room = (size_t)program.descriptor().arena_bytes;
    if (input.at < room)
      std::memcpy(program.arena() + input.at, input.data.data(),
                  std::min(input.data.size(), room - input.at));
  }
  std::vector<int64_t> symbols = program.descriptor().symbols;
  for (size_t i = 0; i < symbols.size() && i < c.symbols.size(); i++)
    symbols[i] = std::min(symbols[i], c.symbols[i]);
  const std::atomic<bool> stop{false};
  in_pool([&] { program.run(symbols, stop, nullptr); });
}

int fuzz(const Table& table, int threads, const Case& c, int count, uint64_t seed) {
  int refused = 0, ran = 0;
  const auto chance = [&](uint64_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
  };
  const double odd[] = {0,        1,        -1,           2,    3,    7,   16,    255,
                        256,      1e9,      4294967296.0, 1e15, 1e18, 0.5, 1e300, NAN,
                        INFINITY, -INFINITY};
  for (int i = 0; i < count; i++) {
    std::vector<double> words = c.words;
    for (uint64_t k = 0, most = 1 + chance(3); k < most; k++) {
      double& word = words[chance(words.size())];
      switch (chance(4)) {
        case 0:
          word = odd[chance(sizeof odd / sizeof *odd)];
          break;
        case 1:
          word += (double)chance(9) - 4;
          break;
        case 2:
          word *= 2;
          break;
        default:
          word = words[chance(words.size())];
      }
    }
    if (chance(8) == 0) words.resize(chance(words.size() + 1));
    // In a buffer of its own, whose end a sanitizer sees.
    const std::vector<double> exact(words.begin(), words.end());
    try {
      Descriptor descriptor = Descriptor::decode(exact.data(), exact.size());
      int64_t bytes = descriptor.arena_bytes + descriptor.constant_bytes;
      for (const Weight& weight : descriptor.weights) bytes += weight.rows * weight.columns * 4;
      // What takes more is as good, and takes its time.
      if (bytes > 64 << 20) continue;
      Program program(std::move(descriptor), table, Pool::shared(), threads);
      run(program, c);
      ran++;
    } catch (const Failure& failure) {
      if (failure.code != "descriptor" && failure.code != "out-of-memory") throw;
      refused++;
    }
  }
  std::printf("{\"refused\":%d,\"ran\":%d}\n", refused, ran);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) fail("expected run or fuzz, a set, threads, a case and more");
  const auto sets = instruction_sets(arguments[2]);
  if (sets.empty()) {
    std::puts("no such instruction set");
    return 3;
  }
  const int threads = std::atoi(arguments[3]);
  const Case c = read_case(arguments[4]);
  if (std::string(arguments[1]) == "fuzz")
    return fuzz(*sets[0], threads, c, std::atoi(arguments[5]),
                count > 6 ? std::strtoull(arguments[6], nullptr, 10) : 1);
  Program program(Descriptor::decode(c.words.data(), c.words.size()), *sets[0], Pool::shared(),
                  threads);
  run(program, c);
  std::FILE* out = std::fopen(arguments[5], "wb");
  const auto bytes = (size_t)program.descriptor().arena_bytes;
  if (!out || std::fwrite(program.arena(), 1, bytes, out) != bytes) fail("cannot be written");
  std::fclose(out);
  return 0;
}
