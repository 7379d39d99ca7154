/**
 * A loaded program: its memory is in the addon, its weights are in place, and it is ready to run.
 */
import {
  DisposedError,
  InputError,
  PlanError,
  shapeOf,
  validateInputs,
  valueOf,
  type HostData,
  type LoadPlannedOptions,
  type Program,
  type Symbols,
  type WeightReader,
} from "@sigil/runtime/internal";
import type { Location, NativeKernels, PlannedProgram } from "@sigil/spec";
import { chooseInstructionSet, loadAddon, nativeErrorOf, type NativeProgram } from "./addon.ts";
import { encodeProgram, symbolsOf } from "./encode.ts";
import { placeWeights } from "./weights.ts";

/** The time of one launch: processor time with one thread, else wall-clock time. */
export interface LaunchTime {
  readonly kernel: string;
  /** Module paths in transformers. */
  readonly origins: readonly string[];
  readonly microseconds: number;
}

export interface NativeOptions extends LoadPlannedOptions {
  /**
   * How many threads share each launch. The default is one for each physical core that the process
   * may use. At most 16 are used.
   */
  readonly threads?: number;
  /** Receives the time of each launch after each run. */
  readonly onProfile?: (program: string, times: readonly LaunchTime[]) => void;
}

type Inputs = Readonly<Record<string, HostData>>;
type Outputs = Awaited<ReturnType<Program["run"]>>;

export interface LoadedNativeProgram extends Program {
  readonly threads: number;
  /** Bytes of weights, values and scratch. */
  readonly memoryBytes: number;
  run(inputs: Inputs, symbols: Symbols): Promise<Outputs>;
  dispose(): Promise<void>;
}

/**
 * Loads a program. Throws PlanError, NativeError, WeightsError or the reason of the signal; nothing
 * stays allocated then.
 */
export async function createNativeProgram(
  program: PlannedProgram,
  kernels: NativeKernels,
  weights: WeightReader,
  options: NativeOptions = {},
): Promise<LoadedNativeProgram> {
  const addon = loadAddon();
  const set = chooseInstructionSet(addon);
  const descriptor = encodeProgram(program, kernels);
  options.signal?.throwIfAborted();
  let native: NativeProgram | undefined;
  try {
    native = new addon.Program(descriptor, set, options.threads ?? addon.cores);
    await placeWeights(native, program, weights, options);
    await native.initialize();
    options.signal?.throwIfAborted();
    return new LoadedProgram(program, native, weights, options);
  } catch (error) {
    native?.dispose();
    throw nativeErrorOf(error, program.name);
  }
}

class LoadedProgram implements LoadedNativeProgram {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly #program: PlannedProgram;
  /** Until it is freed. */
  #native: NativeProgram | undefined;
  readonly #weights: WeightReader;
  readonly #onProfile: NativeOptions["onProfile"];
  #last: Promise<unknown> = Promise.resolve();
  #end: Promise<void> | undefined;

  constructor(
    program: PlannedProgram,
    native: NativeProgram,
    weights: WeightReader,
    { onProfile }: NativeOptions,
  ) {
    this.#program = program;
    this.#native = native;
    this.#weights = weights;
    this.#onProfile = onProfile;
    this.threads = native.threads();
    this.memoryBytes = native.bytes();
  }

  run(inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    const native = this.#native;
    if (this.#end || !native) return Promise.reject(new DisposedError(this.#program.name));
    const result = this.#last.then(() => this.#run(native, inputs, symbols));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(native: NativeProgram, inputs: Inputs, symbols: Symbols): Promise<Outputs> {
    const program = this.#program;
    validateInputs(program, inputs, symbols);
    const given: { at: number; data: ArrayBufferView }[] = [];
    for (const { name, location } of program.inputs)
      if (location) given.push({ at: arenaOffset(name, location), data: inputs[name]! });
    for (const { input, table, count, target } of program.gathers) {
      const ids = inputs[input]!;
      if (ids.length !== valueOf(count, symbols))
        throw new InputError(
          `${input}: expected ${valueOf(count, symbols)} ids, received ${ids.length}`,
        );
      given.push({
        at: arenaOffset(input, target),
        data: await this.#weights.readRowsFloat32(table, ids),
      });
    }
    const shaped = program.outputs.map((output) => ({
      ...output,
      shape: shapeOf(output, symbols),
    }));
    const { outputs, times } = await native
      .run(
        symbolsOf(program).map((symbol) => symbols[symbol]!),
        given,
        shaped.map(({ name, location, shape }) => ({
          at: arenaOffset(name, location),
          bytes: 4 * shape.reduce((product, size) => product * size, 1),
        })),
        this.#onProfile !== undefined,
      )
      .catch((error: unknown) => Promise.reject(nativeErrorOf(error, program.name)));
    this.#onProfile?.(
      program.name,
      program.launches.map(({ kernel, origins }, i) => ({
        kernel,
        origins,
        microseconds: times[i]!,
      })),
    );
    return Object.fromEntries(
      shaped.map(({ name, shape }, i) => [name, { data: new Float32Array(outputs[i]!), shape }]),
    );
  }

  dispose(): Promise<void> {
    return (this.#end ??= this.#free());
  }

  async #free(): Promise<void> {
    await this.#last;
    this.#native?.dispose();
    this.#native = undefined;
  }
}

function arenaOffset(name: string, location: Location | undefined): number {
  if (location?.space !== "arena") throw new PlanError(`${name} has no place in memory`);
  return location.offset;
}
