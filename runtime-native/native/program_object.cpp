#include "program_object.h"
#include <cstring>
#include "failure.h"
#include "instance.h"
#include "isa.h"

namespace sigil::native {
namespace {

[[noreturn]] void refuse(Napi::Env env, const std::string& what) {
  throw Napi::TypeError::New(env, what);
}

int64_t whole(const Napi::Value& value, const char* what, int64_t least, int64_t most) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= (double)least && number <= (double)most && number == (double)(int64_t)number))
    refuse(value.Env(), std::string(what) + ": expected a whole number from " +
                            std::to_string(least) + " to " + std::to_string(most));
  return (int64_t)number;
}

/// Where the bytes of a typed array are now.
struct Bytes {
  const uint8_t* data;
  size_t size;
};
Bytes bytes_of(const Napi::Value& value, const char* what) {
  if (!value.IsTypedArray()) refuse(value.Env(), std::string(what) + ": expected a typed array");
  const auto array = value.As<Napi::TypedArray>();
  const size_t size = array.ByteLength();
  if (size == 0) return {nullptr, 0};
  return {static_cast<const uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset(), size};
}

}  // namespace

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(env, "NativeProgram",
                     {InstanceMethod<&ProgramObject::place>("place"),
                      InstanceMethod<&ProgramObject::initialize>("initialize"),
                      InstanceMethod<&ProgramObject::run>("run"),
                      InstanceMethod<&ProgramObject::dispose>("dispose"),
                      InstanceMethod<&ProgramObject::bytes>("bytes"),
                      InstanceMethod<&ProgramObject::threads>("threads")});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const Bytes words = bytes_of(info[0], "descriptor");
  if (info[0].As<Napi::TypedArray>().TypedArrayType() != napi_float64_array)
    refuse(env, "descriptor: expected a Float64Array");
  if (!info[1].IsString()) refuse(env, "instruction set: expected a name");
  const auto sets = instruction_sets(info[1].As<Napi::String>().Utf8Value());
  if (sets.empty()) refuse(env, "instruction set: this machine has none of that name");
  const int threads = (int)whole(info[2], "threads", 1, 1 << 20);
  // Copied: nobody may change it while it is checked.
  std::vector<double> copy(words.size / sizeof(double));
  if (!copy.empty()) std::memcpy(copy.data(), words.data, copy.size() * sizeof(double));
  try {
    program_ = std::make_shared<Program>(Descriptor::decode(copy.data(), copy.size()), *sets[0],
                                         Pool::shared(), threads);
  } catch (const Failure& failure) {
    throw to_error(env, failure.code, failure.what());
  } catch (const std::bad_alloc&) {
    throw to_error(env, "out-of-memory", "not enough memory for the program");
  }
  adjust(env, true);
}

void ProgramObject::adjust(Napi::Env env, bool more) {
  const auto bytes = (int64_t)program_->bytes();
  Napi::MemoryManagement::AdjustExternalMemory(env, more ? bytes : -bytes);
}

Program& ProgramObject::program(Napi::Env env) const {
  if (!program_) throw to_error(env, "closed", "the program was disposed of");
  return *program_;
}

Napi::Value ProgramObject::bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), (double)program(info.Env()).bytes());
}

Napi::Value ProgramObject::threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), program(info.Env()).threads());
}

/// (weight, parts): each part { rows, data: Float32Array } or { rows, descriptor, offset, type },
/// of an open file; of a weight of codes, one { rows, data: Uint8Array }.
Napi::Value ProgramObject::place(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto& weights = program(env).descriptor().weights;
  const auto index = (size_t)whole(info[0], "weight", 0, (int64_t)weights.size() - 1);
  const Weight& weight = weights[index];
  if (!info[1].IsArray()) refuse(env, "parts: expected an array");
  const auto parts = info[1].As<Napi::Array>();
  std::vector<WeightPart> given;
  std::vector<std::shared_ptr<File>> files;
  std::vector<std::shared_ptr<std::vector<uint8_t>>> copies;
  int64_t rows = 0;
  for (uint32_t i = 0; i < parts.Length(); i++) {
    if (!parts.Get(i).IsObject()) refuse(env, "part: expected an object");
    const auto part = parts.Get(i).As<Napi::Object>();
    const int64_t count = whole(part.Get("rows"), "rows", 1, weight.rows - rows);
    rows += count;
    if (part.Has("data")) {
      const bool codes = weight.bits > 0;
      if (!part.Get("data").IsTypedArray() ||
          part.Get("data").As<Napi::TypedArray>().TypedArrayType() !=
              (codes ? napi_uint8_array : napi_float32_array))
        refuse(env, codes ? "data: expected a Uint8Array" : "data: expected a Float32Array");
      const Bytes data = bytes_of(part.Get("data"), "data");
      if (data.size != (size_t)(codes ? weight.code_bytes() : count * weight.columns * 4))
        refuse(env, "data: expected as many values as the part has");
      // It is JavaScript's memory, which may be transferred while the pool reads it.
      copies.push_back(std::make_shared<std::vector<uint8_t>>(data.data, data.data + data.size));
      given.push_back({copies.back()->data(), Type::float32, count, nullptr, 0});
      continue;
    }
    if (weight.bits > 0) refuse(env, "data: expected codes");
    const auto type = (Type)whole(part.Get("type"), "type", 0, (int64_t)Type::count - 1);
    const int64_t offset = whole(part.Get("offset"), "offset", 0, int64_t{1} << 52);
    try {
      files.push_back(
          std::make_shared<File>((int)whole(part.Get("descriptor"), "descriptor", 0, INT32_MAX)));
    } catch (const Failure& failure) {
      throw to_error(env, failure.code, failure.what());
    }
    given.push_back({nullptr, type, count, files.back().get(), offset});
  }
  if (rows != weight.rows) refuse(env, "parts: expected all rows of the weight");
  if (weight.bits > 0 && given.size() != 1) refuse(env, "parts: expected codes in one part");
  return env.GetInstanceData<Instance>()->jobs->promise(
      env, info.This().As<Napi::Object>(),
      [program = program_, index, given, files, copies](const std::atomic<bool>&) -> Result {
        program->place(index, given);
        return [](Napi::Env result) { return result.Undefined(); };
      });
}

Napi::Value ProgramObject::initialize(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  program(env);
  return env.GetInstanceData<Instance>()->jobs->promise(
      env, info.This().As<Napi::Object>(),
      [program = program_](const std::atomic<bool>&) -> Result {
        program->initialize();
        return [](Napi::Env result) { return result.Undefined(); };
      });
}

/// (symbols, inputs: [{ at, data }], outputs: [{ at, bytes }], timed). Inputs are copied before it
/// returns.
Napi::Value ProgramObject::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Descriptor& descriptor = program(env).descriptor();
  if (*running_) throw to_error(env, "busy", "a run of the program has not ended");
  if (!info[0].IsArray() || !info[1].IsArray() || !info[2].IsArray())
    refuse(env, "expected arrays of symbols, inputs and outputs");
  const auto given = info[0].As<Napi::Array>();
  if (given.Length() != descriptor.symbols.size())
    refuse(env, "symbols: expected one value for each");
  std::vector<int64_t> symbols;
  for (uint32_t i = 0; i < given.Length(); i++)
    symbols.push_back(whole(given.Get(i), "symbol", 1, descriptor.symbols[i]));
  struct Output {
    size_t at, bytes;
  };
  std::vector<Output> outputs;
  const auto wanted = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < wanted.Length(); i++) {
    if (!wanted.Get(i).IsObject()) refuse(env, "output: expected an object");
    const auto output = wanted.Get(i).As<Napi::Object>();
    const int64_t bytes = whole(output.Get("bytes"), "bytes", 0, descriptor.arena_bytes);
    outputs.push_back(
        {(size_t)whole(output.Get("at"), "at", 0, descriptor.arena_bytes - bytes), (size_t)bytes});
  }
  const auto values = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < values.Length(); i++) {
    if (!values.Get(i).IsObject()) refuse(env, "input: expected an object");
    const auto input = values.Get(i).As<Napi::Object>();
    const Bytes bytes = bytes_of(input.Get("data"), "data");
    if (bytes.size > (size_t)descriptor.arena_bytes) refuse(env, "data: larger than the arena");
    const int64_t at =
        whole(input.Get("at"), "at", 0, descriptor.arena_bytes - (int64_t)bytes.size);
    // At once: a getter of the next one could detach it.
    if (bytes.size > 0) std::memcpy(program_->arena() + at, bytes.data, bytes.size);
  }
  const bool timed = info[3].ToBoolean();
  *running_ = true;
  return env.GetInstanceData<Instance>()->jobs->promise(
      env, info.This().As<Napi::Object>(),
      [program = program_, symbols, outputs, timed,
       running = running_](const std::atomic<bool>& stop) -> Result {
        std::vector<double> times;
        program->run(symbols, stop, timed ? &times : nullptr);
        return [program, outputs, times, running](Napi::Env result) -> Napi::Value {
          *running = false;
          Napi::Array read = Napi::Array::New(result, outputs.size());
          for (size_t i = 0; i < outputs.size(); i++) {
            Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(result, outputs[i].bytes);
            if (outputs[i].bytes > 0)
              std::memcpy(buffer.Data(), program->arena() + outputs[i].at, outputs[i].bytes);
            read.Set((uint32_t)i, buffer);
          }
          Napi::Array each = Napi::Array::New(result, times.size());
          for (size_t i = 0; i < times.size(); i++) each.Set((uint32_t)i, times[i]);
          Napi::Object all = Napi::Object::New(result);
          all.Set("outputs", read);
          all.Set("times", each);
          return all;
        };
      });
}

/// Its memory goes when the jobs that were asked for have ended.
Napi::Value ProgramObject::dispose(const Napi::CallbackInfo& info) {
  if (program_) {
    adjust(info.Env(), false);
    program_.reset();
  }
  return info.Env().Undefined();
}

}  // namespace sigil::native
