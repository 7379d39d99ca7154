/** Launches emulated kernels from tests, by their C interface. */
import koffi from "koffi";
import { buildEmulated, type EmulatedBuildOptions } from "@sigil/runtime-cuda/emulated";

const Launch = koffi.struct("SigilLaunch", {
  grid: koffi.array("uint32_t", 3),
  block: koffi.array("uint32_t", 3),
  cluster: koffi.array("uint32_t", 3),
  shared_bytes: "uint64_t",
  parameters: "void *",
  parameter_bytes: "uint64_t",
  seed: "uint64_t",
  watchdog_steps: "uint64_t",
  flags: "uint32_t",
});
const Parameter = koffi.struct("SigilParameter", {
  offset: "uint32_t",
  bytes: "uint32_t",
  alignment: "uint32_t",
});

/** SigilFault of emulator/engine/launch.h. */
export const faults = [
  "ok",
  "unknown-kernel",
  "bad-parameters",
  "bad-launch",
  "hang",
  "out-of-bounds",
  "misaligned",
  "poison",
  "divergence",
  "barrier",
  "race",
  "proxy",
  "tensor-map",
  "registers",
  "async",
  "trap",
  "no-memory",
  "predecessor",
  "global-race",
] as const;

/** What a launch ended with; `code` is one of `faults`. */
export class LaunchFault extends Error {
  readonly code: (typeof faults)[number];
  constructor(code: number, message: string) {
    super(message);
    this.code = faults[code] ?? "ok";
  }
}

/** Memory that kernels can use: poisoned, and guarded behind its end. */
export interface EmulatedMemory {
  readonly address: bigint;
  /** The same bytes; not to be used after `free`. */
  readonly bytes: Uint8Array;
  as<T>(
    array: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
    elementBytes: number,
  ): T;
  free(): void;
}

export interface TensorMapOptions {
  readonly dtype: "float16" | "bfloat16" | "float32" | "uint8";
  /** Innermost first. */
  readonly sizes: readonly number[];
  /** Bytes, of all but the innermost. */
  readonly strides: readonly number[];
  readonly box: readonly number[];
  readonly swizzle?: "none" | "32" | "64" | "128";
}

export interface LaunchOptions {
  readonly grid: readonly number[];
  readonly threads: number;
  readonly cluster?: number;
  readonly sharedBytes?: number;
  /**
   * Memory becomes a pointer, a number an int, bytes (a tensor map) are taken as they are, aligned
   * to 64.
   */
  readonly parameters: readonly (EmulatedMemory | number | Uint8Array | bigint)[];
  readonly seed?: number;
  readonly watchdogSteps?: number;
  /**
   * Seconds of a processor without a switch between threads after which a launch is ended; 0 for
   * 15.
   */
  readonly patience?: number;
  /** Host threads; 0 for all. */
  readonly hostThreads?: number;
}

/** A built shared object, opened. */
export class EmulatedModule {
  readonly #library: ReturnType<typeof koffi.load>;
  readonly #launch: ReturnType<ReturnType<typeof koffi.load>["func"]>;

  private constructor(file: string) {
    this.#library = koffi.load(file);
    this.#launch = this.#library.func("sigil_emulated_launch", "int", [
      "str",
      koffi.pointer(Launch),
      "void *",
      "size_t",
    ]);
  }

  static async build(
    sources: Readonly<Record<string, string>>,
    options: EmulatedBuildOptions = {},
  ): Promise<EmulatedModule> {
    return new EmulatedModule((await buildEmulated(sources, options)).file);
  }

  get kernels(): string[] {
    const count = this.#library.func("int sigil_emulated_kernel_count()")() as number;
    const name = this.#library.func("const char *sigil_emulated_kernel_name(int)");
    return Array.from({ length: count }, (_, index) => name(index) as string).sort();
  }

  /** Places of a kernel's parameters in its buffer. */
  parameters(kernel: string): { offset: number; bytes: number; alignment: number }[] {
    const count = this.#library.func("sigil_emulated_kernel_parameters", "int", [
      "str",
      "void *",
      "void *",
    ])(kernel, null, null) as number;
    const parameter = this.#library.func("sigil_emulated_kernel_parameter", "int", [
      "str",
      "int",
      koffi.out(koffi.pointer(Parameter)),
    ]);
    return Array.from({ length: Math.max(0, count) }, (_, index) => {
      const found = { offset: 0, bytes: 0, alignment: 0 };
      parameter(kernel, index, found);
      return found;
    });
  }

  allocate(bytes: number): EmulatedMemory {
    const pointer = this.#library.func("void *sigil_emulated_allocate(uint64_t)")(bytes);
    if (!pointer) throw new Error(`no ${bytes} bytes of memory`);
    const buffer = koffi.view(pointer, bytes);
    const release = this.#library.func("void sigil_emulated_free(void *)");
    return {
      address: koffi.address(pointer),
      bytes: new Uint8Array(buffer),
      as: (array, elementBytes) => new array(buffer, 0, bytes / elementBytes),
      free: () => void release(pointer),
    };
  }

  /** Memory with a copy of `values`. */
  upload(values: ArrayBufferView): EmulatedMemory {
    const memory = this.allocate(values.byteLength);
    memory.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return memory;
  }

  /** The 128 bytes of a tensor map; throws what cuTensorMapEncodeTiled would refuse. */
  tensorMap(
    memory: EmulatedMemory,
    { dtype, sizes, strides, box, swizzle = "none" }: TensorMapOptions,
    offset = 0,
  ): Uint8Array {
    const encode = this.#library.func("sigil_emulated_tensor_map", "int", [
      "void *",
      "int",
      "uint32_t",
      "uint64_t",
      "void *",
      "void *",
      "void *",
      "void *",
      "int",
      "void *",
      "size_t",
    ]);
    // CUtensorMapDataType and CUtensorMapSwizzle.
    const type = { uint8: 0, float16: 6, float32: 7, bfloat16: 9 }[dtype];
    const map = new Uint8Array(128),
      message = Buffer.alloc(1024);
    const code = encode(
      map,
      type,
      sizes.length,
      memory.address + BigInt(offset),
      BigUint64Array.from(sizes.map(BigInt)),
      BigUint64Array.from([...strides.map(BigInt), 0n]),
      Uint32Array.from(box),
      Uint32Array.from(sizes.map(() => 1)),
      ["none", "32", "64", "128"].indexOf(swizzle),
      message,
      message.length,
    ) as number;
    if (code !== 0) throw new LaunchFault(code, message.toString("utf8", 0, message.indexOf(0)));
    return map;
  }

  /** Runs a kernel to its end. Throws LaunchFault. */
  launch(kernel: string, options: LaunchOptions): void {
    const message = Buffer.alloc(8192);
    check(this.#launch(kernel, encode(options), message, message.length) as number, message);
  }

  /** Runs launches, each after the one before by a programmatic edge. Throws LaunchFault. */
  launchRow(launches: readonly (readonly [kernel: string, options: LaunchOptions])[]): void {
    const message = Buffer.alloc(8192);
    const launch = this.#library.func("sigil_emulated_launch_row", "int", [
      koffi.pointer("str"),
      koffi.pointer(Launch),
      "uint32_t",
      "void *",
      "size_t",
    ]);
    check(
      launch(
        launches.map(([kernel]) => kernel),
        launches.map(([, options]) => encode(options)),
        launches.length,
        message,
        message.length,
      ) as number,
      message,
    );
  }
}

function check(code: number, message: Buffer): void {
  if (code !== 0) throw new LaunchFault(code, message.toString("utf8", 0, message.indexOf(0)));
}

/** A launch as the C interface takes it. */
function encode({
  grid,
  threads,
  cluster = 1,
  sharedBytes = 0,
  parameters,
  seed = 0,
  watchdogSteps = 0,
  patience = 0,
  hostThreads = 1,
}: LaunchOptions): object {
  const buffer = Buffer.alloc(4096);
  let end = 0;
  for (const parameter of parameters) {
    const alignment = typeof parameter === "number" ? 4 : parameter instanceof Uint8Array ? 64 : 8;
    const at = Math.ceil(end / alignment) * alignment;
    if (typeof parameter === "number") end = buffer.writeInt32LE(parameter, at);
    else if (parameter instanceof Uint8Array) end = at + Buffer.from(parameter).copy(buffer, at);
    else
      end = buffer.writeBigUInt64LE(
        typeof parameter === "bigint" ? parameter : parameter.address,
        at,
      );
  }
  return {
    grid: [grid[0] ?? 1, grid[1] ?? 1, grid[2] ?? 1],
    block: [threads, 1, 1],
    cluster: [cluster, 1, 1],
    shared_bytes: sharedBytes,
    parameters: buffer,
    parameter_bytes: end,
    seed,
    watchdog_steps: watchdogSteps,
    flags: (hostThreads << 8) | patience,
  };
}
