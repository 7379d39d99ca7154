// The addon: which instruction sets there are, and programs.
#include <napi.h>
#include <algorithm>
#include "clock.h"
#include "cores.h"
#include "descriptor.h"
#include "instance.h"
#include "isa.h"
#include "program_object.h"

namespace sigil::native {
namespace {

Napi::Value list_sets(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string mask = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "";
  Napi::Array names = Napi::Array::New(env);
  for (const Table* set : instruction_sets(mask)) names.Set(names.Length(), set->name);
  return names;
}

/// (instruction set, storage, threads): a promise of the floating-point operations a second of
/// registers alone, or of 0 where nobody wrote the loop.
Napi::Value peak(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto sets = instruction_sets(info[0].ToString().Utf8Value());
  const int64_t storage = info[1].ToNumber().Int64Value();
  const int64_t threads = info[2].ToNumber().Int64Value();
  if (sets.empty() || storage < 0 || storage >= (int64_t)Type::count || threads < 1)
    throw Napi::TypeError::New(env, "expected an instruction set, a storage and threads");
  const Product& product = sets[0]->products[storage];
  return env.GetInstanceData<Instance>()->jobs->promise(
      env, info.This().As<Napi::Object>(), [&product, threads](const std::atomic<bool>&) -> Result {
        double rate = 0;
        // Of the clock the best of twenty loops, of processor time all of them.
        const int used = (int)std::min<int64_t>(threads, Pool::shared().threads());
        for (int round = 0; product.peak && round < (used == 1 ? 1 : 20); round++) {
          const int64_t units = used == 1 ? 80 : 4 * used;
          const double begin = seconds(used);
          Pool::shared().share(
              units, used,
              [](void* self, int64_t unit, int) {
                ((const Product*)self)->peak(nullptr, unit, nullptr);
              },
              (void*)&product);
          rate = std::max(rate, (double)(units * product.peak_flops) / (seconds(used) - begin));
        }
        return [rate](Napi::Env result) { return Napi::Number::New(result, rate); };
      });
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  const Napi::Function program = ProgramObject::define(env);
  env.SetInstanceData(new Instance{Napi::Persistent(program), Jobs::create(env)});
  exports.Set("Program", program);
  exports.Set("instructionSets", Napi::Function::New(env, list_sets, "instructionSets"));
  exports.Set("peak", Napi::Function::New(env, peak, "peak"));
  exports.Set("descriptorVersion", Napi::Number::New(env, descriptor_version));
  exports.Set("cores", Napi::Number::New(env, usable_cores()));
  return exports;
}

}  // namespace
}  // namespace sigil::native

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  return sigil::native::initialize(env, exports);
}
NODE_API_MODULE(sigil_native, Initialize)
