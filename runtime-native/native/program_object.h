// A loaded program as an object of JavaScript.
#pragma once
#include <napi.h>
#include <memory>
#include "program.h"
#include "promises.h"

namespace sigil::native {

class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  /// words: Float64Array, instruction set: string, threads: number.
  explicit ProgramObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value place(const Napi::CallbackInfo& info);
  Napi::Value initialize(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  Napi::Value bytes(const Napi::CallbackInfo& info);
  Napi::Value threads(const Napi::CallbackInfo& info);
  Program& program(Napi::Env env) const;
  void adjust(Napi::Env env, bool more);

  std::shared_ptr<Program> program_;
  /// Whether a run reads and writes the arena.
  std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
};

}  // namespace sigil::native
