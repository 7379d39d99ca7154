// The addon: which instruction sets there are, and programs.
#include <napi.h>
#include "cores.h"
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

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  const Napi::Function program = ProgramObject::define(env);
  env.SetInstanceData(new Instance{Napi::Persistent(program), Jobs::create(env)});
  exports.Set("Program", program);
  exports.Set("instructionSets", Napi::Function::New(env, list_sets, "instructionSets"));
  exports.Set("cores", Napi::Number::New(env, usable_cores()));
  return exports;
}

}  // namespace
}  // namespace sigil::native

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  return sigil::native::initialize(env, exports);
}
NODE_API_MODULE(sigil_native, Initialize)
