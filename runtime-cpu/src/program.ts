/** A loaded program: its memory, its weights in place, ready to run. */
import {
  arrayOf,
  DisposedError,
  inNode,
  InputError,
  loadPlanned,
  OptionError,
  PlanError,
  shapeOf,
  validateInputs,
  valueOf,
  type HostData,
  type LoadPlannedOptions,
  type Symbols,
  type WeightReader,
} from "@sigil/runtime";
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import { layoutMemory, type MemoryLayout } from "./capacity.ts";
import { bindLaunches } from "./launch.ts";
import { checkKernels, chooseWasm, importsSharedMemory, type WasmChoice } from "./module.ts";
import { mostThreads } from "./start-worker.ts";
import { inlineRunner, threadedRunner, type Runner } from "./thread-pool.ts";

export interface CpuOptions extends LoadPlannedOptions {
  /**
   * Threads to share each launch; by default up to 8 in Node and in pages that are isolated from
   * other origins, 1 where memory cannot be shared.
   */
  readonly threads?: number;
}

export type Inputs = Readonly<Record<string, HostData>>;
export type Outputs = Record<string, { data: Float32Array; shape: number[] }>;

export interface CpuProgram {
  readonly threads: number;
  /** Bytes of its WebAssembly memory. */
  readonly memoryBytes: number;
  /** Runs once; runs asked for together follow each other. */
  run(inputs: Inputs, symbols: Symbols): Promise<Outputs>;
  dispose(): Promise<void>;
}

async function chooseThreads(wanted: number | undefined, shared: boolean): Promise<number> {
  if (wanted !== undefined && (!Number.isInteger(wanted) || wanted < 1))
    throw new OptionError(`threads: expected a positive integer, received ${wanted}`);
  const most = shared ? await mostThreads() : 1;
  // In Node more threads than processors may be asked for; where memory cannot be shared there is
  // one.
  return most === 1 && !inNode() ? 1 : shared ? (wanted ?? most) : 1;
}

/**
 * Allocates, loads and readies a program; throws a CapacityError before reading anything if it
 * cannot fit.
 */
export async function createProgram(
  program: PlannedProgram,
  wasm: WasmChoice,
  weights: WeightReader,
  options: CpuOptions = {},
): Promise<CpuProgram> {
  const bytes = chooseWasm(wasm);
  const shared = importsSharedMemory(bytes);
  const threads = await chooseThreads(options.threads, shared);
  const layout = layoutMemory(program, threads);
  const module = await WebAssembly.compile(bytes as BufferSource);
  checkKernels(program, module);
  const memory = new WebAssembly.Memory({ initial: layout.pages, maximum: layout.pages, shared });
  await loadPlanned(
    program.weights,
    weights,
    { place: ({ offset }) => ({ buffer: memory.buffer, offset: layout.weights + offset }) },
    options,
  );
  for (const launch of bindLaunches(
    program.init,
    layout,
    new WebAssembly.Instance(module, { env: { memory } }),
  ))
    launch({}, 0, 1);
  const runner =
    threads > 1
      ? await threadedRunner(program, layout, module, memory, threads)
      : inlineRunner(program, layout, module, memory);
  return new LoadedProgram(program, layout, memory, runner, weights, threads);
}

class LoadedProgram implements CpuProgram {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly #program: PlannedProgram;
  readonly #layout: MemoryLayout;
  #memory: WebAssembly.Memory | undefined;
  readonly #runner: Runner;
  readonly #weights: WeightReader;
  #last: Promise<unknown> = Promise.resolve();

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
    this.#memory = memory;
    this.#runner = runner;
    this.#weights = weights;
    this.threads = threads;
    this.memoryBytes = layout.pages * 65536;
  }

  run(inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    const result = this.#last.then(() => this.#run(inputs, symbols));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    if (!this.#memory) throw new DisposedError(this.#program.name);
    validateInputs(this.#program, inputs, symbols);
    const { buffer } = this.#memory;
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
    await this.#runner.run(symbols);
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
    if (!tensor.location) throw new PlanError(`${tensor.name} has no place in memory`);
    return this.#layout[tensor.location.space] + tensor.location.offset;
  }

  async dispose(): Promise<void> {
    await this.#last;
    this.#memory = undefined;
    await this.#runner.dispose();
  }
}
