/**
 * A program on a device: its weights are uploaded, its pipelines and bind groups are made, and it
 * is ready to run.
 */
import {
  DisposedError,
  InputError,
  locationOf,
  shapeOf,
  validateInputs,
  valueOf,
  type DeviceBytes,
  type HostData,
  type LoadPlannedOptions,
  type Program,
  type Symbols,
  type WeightReader,
} from "@sigil/runtime/internal";
import type { PlannedProgram, PlannedTensor } from "@sigil/spec";
import type { WebGpuBytes } from "./device-bytes.ts";
import { createBuffers, uploadWeights, type ProgramBuffers } from "./buffers.ts";
import type { HeldDevice } from "./device-holder.ts";
import { mapModeRead } from "./flags.ts";
import { bindLaunches, type BoundLaunch } from "./launches.ts";
import { checkGrids } from "./limits.ts";
import { createPipelines, type WebGpuKernels } from "./pipelines.ts";
import type { LaunchTime, Profiler } from "./profile.ts";

export interface ProgramOptions extends LoadPlannedOptions {
  /** Called with the number of kernels compiled so far. They compile while weights load. */
  readonly onPipeline?: (done: number, total: number) => void;
  /** Receives the time of each launch after each run. Needs the feature timestamp-query. */
  readonly onProfile?: (program: string, times: readonly LaunchTime[]) => void;
}

type Inputs = Readonly<Record<string, HostData>>;
type OnDevice = Readonly<Record<string, DeviceBytes>>;
type Outputs = Record<string, { data: Float32Array; shape: number[] }>;

/** An output, and its byte offsets in the arena and in the readback buffer. */
interface PlacedOutput {
  readonly output: PlannedTensor;
  readonly offset: number;
  readonly at: number;
}

interface Profile {
  readonly profiler: Profiler;
  readonly onProfile: (times: readonly LaunchTime[]) => void;
}

/**
 * Loads a program. Throws WebGpuError, WeightsError, or the reason of the signal; nothing stays
 * allocated then.
 */
export async function createWebGpuProgram(
  program: PlannedProgram,
  kernels: WebGpuKernels,
  held: HeldDevice,
  weights: WeightReader,
  options: ProgramOptions = {},
): Promise<Program> {
  const { device } = held;
  checkGrids(program, kernels, device.limits.maxComputeWorkgroupsPerDimension);
  // Every output has a place of its own in the readback buffer, whatever they share in the arena.
  let readbackBytes = 0;
  const outputs = program.outputs.map((output) => {
    const at = readbackBytes;
    readbackBytes +=
      4 * shapeOf(output, program.symbols).reduce((product, size) => product * size, 1);
    return { output, offset: locationOf(output).offset, at };
  });
  const buffers = await createBuffers(device, program, readbackBytes);
  // Of a program whose kernels are refused, no more weights are fetched, and none written to
  // buffers that are gone.
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  try {
    const all = [...program.init, ...program.launches];
    const [made] = await Promise.all([
      createPipelines(device, all, kernels, options.onPipeline),
      uploadWeights(device, buffers, program, weights, { ...options, signal }),
    ]);
    const bound = bindLaunches(device, made, buffers);
    const init = bound.slice(0, program.init.length);
    const launches = bound.slice(init.length);
    if (init.length > 0) {
      const encoder = device.createCommandEncoder();
      encode(encoder, init, {});
      device.queue.submit([encoder.finish()]);
    }
    const profiler =
      options.onProfile && device.features.has("timestamp-query") && launches.length > 0
        ? // Apart, since a page that measures nothing does not download it.
          new (await import("./profile.ts")).Profiler(device, launches.length)
        : undefined;
    const onProfile = (times: readonly LaunchTime[]): void =>
      options.onProfile?.(program.name, times);
    return new LoadedProgram(
      program,
      held,
      buffers,
      launches,
      outputs,
      weights,
      profiler && { profiler, onProfile },
    );
  } catch (error) {
    stop.abort();
    buffers.destroy();
    throw held.isLost() ? await held.lost : error;
  }
}

function encode(
  encoder: GPUCommandEncoder,
  launches: readonly BoundLaunch[],
  symbols: Symbols,
): void {
  const pass = encoder.beginComputePass();
  for (const launch of launches) launch.encode(pass, symbols);
  pass.end();
}

function writeInput(device: GPUDevice, arena: GPUBuffer, offset: number, data: HostData): void {
  // Writes are of whole words; an input's place is padded as plans are aligned.
  const rest = data.byteLength % 4;
  const whole = rest === 0 ? data : new Uint8Array(data.byteLength + 4 - rest);
  if (whole !== data) (whole as Uint8Array).set(data);
  device.queue.writeBuffer(arena, offset, whole as Uint8Array<ArrayBuffer>);
}

class LoadedProgram implements Program {
  readonly device = "webgpu";
  readonly #program: PlannedProgram;
  readonly #held: HeldDevice;
  readonly #buffers: ProgramBuffers;
  readonly #launches: readonly BoundLaunch[];
  readonly #outputs: readonly PlacedOutput[];
  readonly #weights: WeightReader;
  readonly #profile: Profile | undefined;
  #prepared = "";
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(
    program: PlannedProgram,
    held: HeldDevice,
    buffers: ProgramBuffers,
    launches: readonly BoundLaunch[],
    outputs: readonly PlacedOutput[],
    weights: WeightReader,
    profile: Profile | undefined,
  ) {
    this.#program = program;
    this.#held = held;
    this.#buffers = buffers;
    this.#launches = launches;
    this.#outputs = outputs;
    this.#weights = weights;
    this.#profile = profile;
  }

  run(inputs: Inputs, symbols: Symbols, onDevice: OnDevice = {}): Promise<Outputs> {
    const result = this.#last.then(async () => {
      // A lost device settles nothing that was asked of it, so its loss ends the wait.
      const lost = this.#held.lost.then((error) => Promise.reject(error));
      lost.catch(() => {});
      try {
        return await Promise.race([this.#run(inputs, symbols, onDevice), lost]);
      } catch (error) {
        throw this.#held.isLost() ? await this.#held.lost : error;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(inputs: Inputs, symbols: Symbols, onDevice: OnDevice): Promise<Outputs> {
    if (this.#disposed) throw new DisposedError(this.#program.name);
    if (this.#held.isLost()) throw await this.#held.lost;
    validateInputs(this.#program, inputs, symbols, onDevice);
    const { device } = this.#held;
    const { arena, readback } = this.#buffers;
    const copies: Promise<void>[] = [];
    for (const { name, location } of this.#program.inputs) {
      if (!location) continue;
      if (!onDevice[name]) {
        writeInput(device, arena, location.offset, inputs[name]!);
        continue;
      }
      const copy = (onDevice[name] as WebGpuBytes).write(device, arena, location.offset);
      copy.catch(() => {});
      copies.push(copy);
    }
    for (const { input, table, count, target } of this.#program.gathers) {
      const ids = inputs[input]!;
      if (ids.length !== valueOf(count, symbols))
        throw new InputError(
          `${input}: expected ${valueOf(count, symbols)} ids, received ${ids.length}`,
        );
      device.queue.writeBuffer(
        arena,
        target.offset,
        (await this.#weights.readRowsFloat32(table, ids)) as Float32Array<ArrayBuffer>,
      );
    }
    const sizes = JSON.stringify(symbols);
    if (sizes !== this.#prepared) for (const launch of this.#launches) launch.prepare(symbols);
    this.#prepared = sizes;

    const encoder = device.createCommandEncoder();
    if (this.#profile) this.#profile.profiler.encode(encoder, this.#launches, symbols);
    else encode(encoder, this.#launches, symbols);
    const parts = this.#outputs.map(({ output, offset, at }) => {
      const shape = shapeOf(output, symbols);
      const bytes = 4 * shape.reduce((product, size) => product * size, 1);
      encoder.copyBufferToBuffer(arena, offset, readback, at, bytes);
      return { name: output.name, shape, at, bytes };
    });
    device.queue.submit([encoder.finish()]);
    // Both are waited for, so that a refused picture leaves the buffer as it was.
    const [mapping, copying] = await Promise.allSettled([
      readback.mapAsync(mapModeRead),
      Promise.all(copies),
    ]);
    if (mapping.status === "rejected") throw mapping.reason;
    const mapped = readback.getMappedRange();
    const outputs = Object.fromEntries(
      parts.map(({ name, shape, at, bytes }) => [
        name,
        { data: new Float32Array(mapped.slice(at, at + bytes)), shape },
      ]),
    );
    readback.unmap();
    if (copying.status === "rejected") throw copying.reason;
    if (this.#profile) this.#profile.onProfile(await this.#profile.profiler.read(this.#launches));
    return outputs;
  }

  async dispose(): Promise<void> {
    await this.#last;
    this.#disposed = true;
    this.#profile?.profiler.destroy();
    this.#buffers.destroy();
  }
}
