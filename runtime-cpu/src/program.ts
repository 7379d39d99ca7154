/** A loaded program: its memory is allocated, its weights are in place, and it is ready to run. */
import {
  arrayOf,
  DisposedError,
  InputError,
  loadPlanned,
  locationOf,
  shapeOf,
  validateInputs,
  valueOf,
  type HostData,
  type LoadPlannedOptions,
  type Symbols,
  type WeightReader,
} from "@sigil/runtime/internal";
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import { CapacityError, layoutMemory, type MemoryLayout } from "./capacity.ts";
import { chooseThreads } from "./choose-threads.ts";
import { bindLaunches } from "./launch.ts";
import { giveBack, takeMemory } from "./memory-pool.ts";
import {
  checkKernels,
  chooseWasm,
  compileWasm,
  importsSharedMemory,
  type WasmChoice,
  callKernels,
} from "./module.ts";
import { inlineRunner, threadedRunner, type Runner } from "./thread-pool.ts";

export interface CpuOptions extends LoadPlannedOptions {
  /**
   * How many threads share each launch. The default is one for each processor, up to 8, in Node and
   * in cross-origin isolated pages, and 1 where memory cannot be shared. At most 64, or the number
   * of processors if that is larger.
   */
  readonly threads?: number;
}

export type Inputs = Readonly<Record<string, HostData>>;
export type Outputs = Record<string, { data: Float32Array; shape: number[] }>;

export interface CpuProgram {
  readonly threads: number;
  /** Bytes of its WebAssembly memory. */
  readonly memoryBytes: number;
  /** Runs once. Concurrent runs follow each other, each in its own turn of the event loop. */
  run(inputs: Inputs, symbols: Symbols): Promise<Outputs>;
  /** Frees the program after the pending runs. Another program may then use its memory. */
  dispose(): Promise<void>;
}

/**
 * Allocates, loads and prepares a program. Throws CapacityError before reading anything if it
 * cannot fit, and WorkerError if threads cannot be started.
 */
export async function createProgram(
  program: PlannedProgram,
  wasm: WasmChoice,
  weights: WeightReader,
  options: CpuOptions = {},
): Promise<CpuProgram> {
  const shareable = importsSharedMemory(chooseWasm(wasm));
  const threads = await chooseThreads(options.threads, shareable);
  const shared = threads > 1;
  const layout = layoutMemory(program, threads);
  const module = await compileWasm(wasm, shared);
  checkKernels(program, module);
  options.signal?.throwIfAborted();
  const memory = allocate(program, layout, shared);
  try {
    await loadPlanned(
      program.weights,
      weights,
      { place: ({ offset }) => ({ buffer: memory.buffer, offset: layout.weights + offset }) },
      options,
    );
    const init = bindLaunches(
      program.init,
      layout,
      new WebAssembly.Instance(module, { env: { memory } }),
    );
    callKernels(program.name, () => init.forEach((launch) => launch({}, 0, 1)));
  } catch (error) {
    giveBack(memory, shared);
    throw error;
  }
  const runner = shared
    ? await threadedRunner(program, layout, module, memory, threads)
    : inlineRunner(program, layout, module, memory);
  const loaded = new LoadedProgram(program, layout, memory, runner, weights, threads);
  if (options.signal?.aborted) {
    await loaded.dispose();
    throw options.signal.reason;
  }
  return loaded;
}

function allocate(
  program: PlannedProgram,
  { bytes, pages }: MemoryLayout,
  shared: boolean,
): WebAssembly.Memory {
  try {
    return takeMemory(pages, shared);
  } catch (error) {
    throw new CapacityError(program.name, bytes, undefined, error as Error);
  }
}

/** What a loaded program occupies. */
interface Held {
  readonly memory: WebAssembly.Memory;
  readonly runner: Runner;
}

class LoadedProgram implements CpuProgram {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly #program: PlannedProgram;
  readonly #layout: MemoryLayout;
  /** Until it is freed. */
  #held: Held | undefined;
  readonly #weights: WeightReader;
  #last: Promise<unknown> = Promise.resolve();
  #end: Promise<void> | undefined;

  constructor(
    program: PlannedProgram,
    layout: MemoryLayout,
    memory: WebAssembly.Memory,
    runner: Runner,
    weights: WeightReader,
    threads: number,
  ) {
    this.#program = program;
    this.#layout = layout;
    this.#held = { memory, runner };
    this.#weights = weights;
    this.threads = threads;
    this.memoryBytes = memory.buffer.byteLength;
  }

  run(inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    const held = this.#held;
    if (this.#end || !held) return Promise.reject(new DisposedError(this.#program.name));
    const result = this.#last.then(() => this.#run(held, inputs, symbols));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run({ memory, runner }: Held, inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    validateInputs(this.#program, inputs, symbols);
    const { buffer } = memory;
    for (const input of this.#program.inputs) {
      const data = inputs[input.name]!;
      if (input.location)
        new arrayOf[input.dtype](buffer, this.#address(input), data.length).set(data);
    }
    for (const { input, table, count, width, target } of this.#program.gathers) {
      const ids = inputs[input]!;
      if (ids.length !== valueOf(count, symbols))
        throw new InputError(
          `${input}: expected ${valueOf(count, symbols)} ids, received ${ids.length}`,
        );
      const rows = await this.#weights.readRowsFloat32(table, ids);
      new Float32Array(buffer, this.#layout[target.space] + target.offset, ids.length * width).set(
        rows,
      );
    }
    await runner.run(symbols);
    return Object.fromEntries(
      this.#program.outputs.map((output) => {
        const shape = shapeOf(output, symbols);
        const count = shape.reduce((product, size) => product * size, 1);
        return [
          output.name,
          {
            data: Float32Array.from(new Float32Array(buffer, this.#address(output), count)),
            shape,
          },
        ];
      }),
    );
  }

  #address(tensor: PlannedTensor): number {
    const { space, offset } = locationOf(tensor);
    return this.#layout[space] + offset;
  }

  dispose(): Promise<void> {
    return (this.#end ??= this.#free());
  }

  async #free(): Promise<void> {
    await this.#last;
    const held = this.#held;
    this.#held = undefined;
    if (held && (await held.runner.dispose())) giveBack(held.memory, this.threads > 1);
  }
}
