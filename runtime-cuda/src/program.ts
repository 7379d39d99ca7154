/**
 * A program on a device: its weights are uploaded, its kernels are loaded, and it has a graph for
 * each bucket of batch sizes.
 */
import {
  DisposedError,
  InputError,
  locationOf,
  validateInputs,
  valueOf,
  type HostData,
  type LoadPlannedOptions,
  type Program,
  type Symbols,
  type WeightReader,
} from "@sigil/runtime/internal";
import type { Location, PlannedProgram } from "@sigil/spec";
import type { DevicePointer, NativeDevice, NativeUpload } from "./addon.ts";
import { bucketOf, showSizes } from "./buckets.ts";
import type { OpenedDevice } from "./driver.ts";
import { rethrown } from "./error.ts";
import type { LoadedKernels } from "./kernels.ts";
import { bindLaunches } from "./launches.ts";
import { sizeOutput, widen, type SizedOutput } from "./outputs.ts";
import { uploadWeights } from "./weights.ts";

/** The time of one launch on the device. */
export interface LaunchTime {
  readonly kernel: string;
  /** Module paths in transformers. */
  readonly origins: readonly string[];
  readonly microseconds: number;
}

export interface ProgramOptions extends LoadPlannedOptions {
  /**
   * Receives the time of each launch after each run. Launches then run one by one instead of as a
   * graph.
   */
  readonly onProfile?: (program: string, times: readonly LaunchTime[]) => void;
  /**
   * Lets kernels of the hopper path start before the ones ahead have ended (programmatic dependent
   * launch), with drivers of CUDA 12.3 or newer. Default false: results are the same, and the speed
   * has not been measured on a card. Launches that are timed one by one do not overlap.
   */
  readonly programmaticLaunch?: boolean;
}

type Inputs = Readonly<Record<string, HostData>>;
type Outputs = Awaited<ReturnType<Program["run"]>>;

/** A program that can be timed. */
export interface CudaProgram extends Program {
  /**
   * Runs `count` times on the inputs of the last run, without transfers. Returns the microseconds
   * of each run by the device's clock. Rejects with an InputError unless the last run had these
   * sizes.
   */
  repeat(symbols: Symbols, count: number): Promise<readonly number[]>;
}

/** Where a program lies on its device. */
interface ProgramMemory {
  readonly weights: DevicePointer;
  readonly arena: DevicePointer;
}

interface BucketGraph {
  readonly id: number;
  /** The sizes that the graph is set to. */
  sizes: string;
}

/** The smallest allocation: a program without weights has an address for them too. */
const leastBytes = 256;

/**
 * Loads a program. Throws CudaError, WeightsError, or the reason of the signal; nothing stays
 * allocated then.
 */
export async function createCudaProgram(
  program: PlannedProgram,
  kernels: LoadedKernels,
  device: OpenedDevice,
  reader: WeightReader,
  options: ProgramOptions = {},
): Promise<CudaProgram> {
  const { native } = device;
  const allocated: DevicePointer[] = [];
  const allocate = async (bytes: number, about: string): Promise<DevicePointer> => {
    const pointer = await rethrown(
      native.allocate(Math.max(leastBytes, bytes), `${about} of ${program.name}`),
    );
    allocated.push(pointer);
    return pointer;
  };
  try {
    await kernels.take([...program.init, ...program.launches].map(({ kernel }) => kernel));
    const memory = {
      weights: await allocate(program.weightBytes, "weights"),
      arena: await allocate(program.arenaBytes, "arena"),
    };
    await uploadWeights(native, memory.weights, program, reader, options);
    const loaded = new LoadedProgram(program, kernels, native, memory, reader, options);
    await loaded.initialize();
    return loaded;
  } catch (error) {
    // After a fault of the device nothing can be freed; the error that matters is the first.
    for (const pointer of allocated) await native.free(pointer).catch(() => {});
    throw error;
  }
}

/** A kernel that gathers rows reads wherever an id sends it. */
function checkIds(input: string, ids: HostData, rows: number): void {
  const at = ids.findIndex((id) => id < 0 || id >= rows);
  if (at >= 0)
    throw new InputError(
      `${input}: expected ids from 0 to ${rows - 1}, received ${ids[at]} at position ${at}`,
    );
}

class LoadedProgram implements CudaProgram {
  readonly #program: PlannedProgram;
  readonly #kernels: LoadedKernels;
  readonly #device: NativeDevice;
  readonly #memory: ProgramMemory;
  readonly #weights: WeightReader;
  readonly #onProfile: ProgramOptions["onProfile"];
  readonly #programmatic: boolean;
  readonly #graphs = new Map<string, BucketGraph>();
  /** Fulfilled when the next call may begin. */
  #last: Promise<unknown> = Promise.resolve();
  /** Fulfilled when the run that was handed to the device last has ended. */
  #ended: Promise<unknown> = Promise.resolve();
  /** The sizes of the inputs that the device holds; undefined before a run. */
  #held: string | undefined;
  #disposed = false;

  constructor(
    program: PlannedProgram,
    kernels: LoadedKernels,
    device: NativeDevice,
    memory: ProgramMemory,
    weights: WeightReader,
    { onProfile, programmaticLaunch = false }: ProgramOptions,
  ) {
    this.#program = program;
    this.#kernels = kernels;
    this.#device = device;
    this.#memory = memory;
    this.#weights = weights;
    this.#onProfile = onProfile;
    this.#programmatic = programmaticLaunch;
  }

  readonly #resolve = ({ space, offset }: Location): DevicePointer =>
    this.#memory[space] + BigInt(offset);

  /** Computes what only weights decide. */
  async initialize(): Promise<void> {
    if (this.#program.init.length > 0)
      await rethrown(
        this.#device.launch(bindLaunches(this.#program.init, this.#kernels, this.#resolve, {})),
      );
  }

  run(
    inputs: Inputs,
    symbols: Symbols,
    onDevice: Readonly<Record<string, unknown>> = {},
  ): Promise<Outputs> {
    const [foreign] = Object.keys(onDevice);
    if (foreign !== undefined)
      return Promise.reject(
        new InputError(
          `${foreign}: expected values in memory, received a buffer of a WebGPU device`,
        ),
      );
    // A run's inputs are copied while the run ahead computes. More runs would only hold memory.
    const handed = this.#last.then(() => this.#hand(inputs, symbols));
    this.#last = handed.then(
      ({ ahead }) => ahead,
      () => {},
    );
    return handed.then(({ outputs }) => outputs);
  }

  /** Hands a run to the device, with a copy of its inputs. `ahead` ends with the run before it. */
  async #hand(
    inputs: Inputs,
    symbols: Symbols,
  ): Promise<{ readonly outputs: Promise<Outputs>; readonly ahead: Promise<unknown> }> {
    const program = this.#program;
    if (this.#disposed) throw new DisposedError(program.name);
    validateInputs(program, inputs, symbols);
    const uploads: NativeUpload[] = program.inputs.flatMap(({ name, location }) =>
      location
        ? [{ device: this.#resolve(location), data: inputs[name]!, about: `input ${name}` }]
        : [],
    );
    for (const { input, table, count, target, rows } of program.gathers) {
      const ids = inputs[input]!;
      if (ids.length !== valueOf(count, symbols))
        throw new InputError(
          `${input}: expected ${valueOf(count, symbols)} ids, received ${ids.length}`,
        );
      if (rows !== undefined) {
        checkIds(input, ids, rows);
        continue;
      }
      // A module of an earlier compiler, whose kernels do not gather.
      uploads.push({
        device: this.#resolve(target),
        data: await this.#weights.readRowsFloat32(table, ids),
        about: `rows of ${table}`,
      });
    }
    const graph = await this.#graphFor(symbols);
    const sized = program.outputs.map((output) => sizeOutput(output, symbols));
    const downloads = sized.map(({ output, bytes }) => ({
      device: this.#resolve(locationOf(output)),
      bytes,
      about: `output ${output.name}`,
    }));
    const ahead = this.#ended;
    const outputs = rethrown(
      this.#device.run(
        graph,
        uploads,
        downloads,
        this.#onProfile !== undefined,
        `${program.name} with ${showSizes(symbols)}`,
      ),
    ).then((result) => this.#read(result, sized));
    this.#held = showSizes(symbols);
    this.#ended = outputs.catch(() => {
      this.#held = undefined;
    });
    return { outputs, ahead };
  }

  #read(
    { times, outputs }: Awaited<ReturnType<NativeDevice["run"]>>,
    sized: readonly SizedOutput[],
  ): Outputs {
    const program = this.#program;
    this.#onProfile?.(
      program.name,
      program.launches.map(({ kernel, origins }, i) => ({
        kernel,
        origins,
        microseconds: times[i]!,
      })),
    );
    return Object.fromEntries(
      sized.map(({ output, shape }, i) => [
        output.name,
        { data: widen(output, outputs[i]!), shape },
      ]),
    );
  }

  repeat(symbols: Symbols, count: number): Promise<readonly number[]> {
    const result = this.#last.then(async () => {
      if (this.#disposed) throw new DisposedError(this.#program.name);
      if (this.#held !== showSizes(symbols))
        throw new InputError(
          `${this.#program.name}: expected a run with ${showSizes(symbols)} to repeat, ` +
            `received ${this.#held ?? "none"}`,
        );
      return rethrown(
        this.#device.repeat(
          await this.#graphFor(symbols),
          count,
          `${this.#program.name} with ${showSizes(symbols)}`,
        ),
      );
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /**
   * The bucket's graph with the run's own sizes, so that a batch smaller than its bucket costs
   * nothing more.
   */
  async #graphFor(symbols: Symbols): Promise<number> {
    const [bucket, sizes] = [bucketOf(symbols, this.#program.symbols), showSizes(symbols)];
    const known = this.#graphs.get(bucket);
    if (known?.sizes === sizes) return known.id;
    const launches = bindLaunches(
      this.#program.launches,
      this.#kernels,
      this.#resolve,
      symbols,
      this.#programmatic,
    );
    if (!known) {
      const id = await rethrown(this.#device.addGraph(launches));
      this.#graphs.set(bucket, { id, sizes });
      return id;
    }
    try {
      await rethrown(this.#device.updateGraph(known.id, launches));
    } catch (error) {
      // Some of its launches have the new sizes and some the old ones.
      this.#graphs.delete(bucket);
      await this.#device.dropGraph(known.id).catch(() => {});
      throw error;
    }
    known.sizes = sizes;
    return known.id;
  }

  async dispose(): Promise<void> {
    await this.#last;
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#ended;
    // After a fault nothing can be freed, and closing the device gives it all back.
    const free = (freed: Promise<void>): Promise<void> => freed.catch(() => {});
    for (const { id } of this.#graphs.values()) await free(this.#device.dropGraph(id));
    await free(this.#device.free(this.#memory.weights));
    await free(this.#device.free(this.#memory.arena));
  }
}
