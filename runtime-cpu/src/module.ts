/** Choosing and inspecting the WebAssembly module. */

import { PlanError } from "@sigil/runtime";
import type { PlannedProgram } from "@sigil/spec";

/** One module, or two, of which the relaxed one is used if the engine has relaxed SIMD. */
export type WasmChoice = Uint8Array | WasmPair;

export interface WasmPair {
  readonly plain: Uint8Array;
  readonly relaxed: Uint8Array;
}

/** `WebAssembly.Module` as the reader's types know it, or `object` where they do not. */
export type WasmModule = typeof globalThis extends {
  readonly WebAssembly: { readonly Module: { readonly prototype: infer Module } };
}
  ? Module
  : object;

interface Chosen {
  readonly bytes: Uint8Array;
  /** By whether their memory is shared. */
  readonly compiled: Map<boolean, Promise<WebAssembly.Module>>;
}

/**
 * Compiled modules by pair. Pairs never change, so all programs and sessions of a pair share its
 * compiled modules.
 */
const choices = new WeakMap<WasmChoice, Chosen>();

function chosen(wasm: WasmChoice): Chosen {
  if (wasm instanceof Uint8Array) return { bytes: wasm, compiled: new Map() };
  let choice = choices.get(wasm);
  if (!choice) {
    const relaxed = WebAssembly.validate(wasm.relaxed as BufferSource);
    choice = { bytes: relaxed ? wasm.relaxed : wasm.plain, compiled: new Map() };
    choices.set(wasm, choice);
  }
  return choice;
}

export const chooseWasm = (wasm: WasmChoice): Uint8Array => chosen(wasm).bytes;

/** The module for a memory that threads share, or for one of one thread's own. */
export function compileWasm(wasm: WasmChoice, shared: boolean): Promise<WasmModule> {
  const { bytes, compiled } = chosen(wasm);
  let module = compiled.get(shared);
  if (!module) {
    const own = !shared && importsSharedMemory(bytes);
    module = compileModule(own ? withOwnMemory(bytes) : bytes);
    compiled.set(shared, module);
    module.catch(() => compiled.delete(shared));
  }
  return module;
}

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

/** The import entry of env.memory up to its kind; the byte after it holds the limits' flags. */
const memoryImport = [3, ...ascii("env"), 6, ...ascii("memory"), 2];

/** Of the flags of limits: that the memory is shared. */
const sharedFlag = 2;

/** Whether the module imports a shared memory. JavaScript cannot ask a compiled module. */
export const importsSharedMemory = (wasm: Uint8Array): boolean =>
  (wasm[memoryFlags(wasm)]! & sharedFlag) !== 0;

/**
 * The same module for a memory that one thread owns. The garbage collector knows the size of such a
 * memory and frees it in time, and pages that may not share memory can have it.
 */
function withOwnMemory(wasm: Uint8Array): Uint8Array {
  const own = new Uint8Array(wasm);
  own[memoryFlags(wasm)]! &= ~sharedFlag;
  return own;
}

/** Where the flags of the imported memory's limits are. */
function memoryFlags(wasm: Uint8Array): number {
  for (let at = 8; at + memoryImport.length < wasm.length; at++)
    if (memoryImport.every((byte, i) => wasm[at + i] === byte)) return at + memoryImport.length;
  throw new PlanError("the module imports no env.memory: it is not a Sigil CPU module");
}

/** Throws a PlanError for launches whose kernels the module lacks or that threads cannot share. */
export function checkKernels({ init, launches }: PlannedProgram, module: WasmModule): void {
  const kernels = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  for (const { kernel, units } of [...init, ...launches]) {
    if (!kernels.has(kernel)) throw PlanError.noKernel(kernel);
    if (!units)
      throw new PlanError(
        `${kernel} has no units to share among threads: was the plan made for another backend?`,
      );
  }
}

/** Compiles a module. Throws PlanError if it is damaged or not a module. */
async function compileModule(wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(wasm as BufferSource);
  } catch (cause) {
    throw new PlanError(`the kernels cannot be compiled: ${String(cause)}`, { cause });
  }
}

/** Calls kernels. A trap becomes a PlanError, since the kernels of a valid plan never trap. */
export function callKernels(program: string, call: () => void): void {
  try {
    call();
  } catch (cause) {
    throw new PlanError(
      `${program} failed: ${String(cause)}: were its kernels compiled with this plan?`,
      { cause },
    );
  }
}
