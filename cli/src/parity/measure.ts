/** The same inputs through the oracle and each backend, compared after every fused kernel. */
import {
  emitCpu,
  emitCuda,
  emitNative,
  emitWebGpu,
  evaluateLowered,
  kernelSets,
  lowerSpec,
  narrow,
  planProgram,
  withTaps,
  type LoweredProgram,
} from "@sigil/compiler";
import {
  InputError,
  uniform,
  valueOf,
  type HostData,
  type Program,
  type WeightSource,
} from "@sigil/runtime";
import { createProgram } from "@sigil/runtime-cpu";
import {
  choosePath,
  createCudaProgram,
  LoadedKernels,
  openDevice,
  type CudaPath,
  type OpenedDevice,
} from "@sigil/runtime-cuda";
import { createNativeProgram } from "@sigil/runtime-native";
import {
  createWebGpuProgram,
  DeviceHolder,
  kernelSet,
  offeredFeatures,
} from "@sigil/runtime-webgpu";
import type { ModelSpec, Plan, Storage, TuningTable } from "@sigil/spec";
import { prepareCuda, type CudaBackend } from "../cuda.ts";
import { storedWeights } from "../stored-weights.ts";
import { openGpu } from "../webgpu.ts";
import type { ParityBackend } from "./tolerances.ts";

/** What one kernel of one program is off by. */
export interface ParityRow {
  readonly program: string;
  readonly launch: number;
  readonly family: string;
  /** Transformers' module paths. */
  readonly origins: readonly string[];
  /**
   * Per backend, the largest difference from the oracle over max(1, the largest magnitude). NaN if
   * anything is.
   */
  readonly errors: Readonly<Partial<Record<ParityBackend, number>>>;
}

type Inputs = Readonly<Record<string, HostData>>;

/**
 * Uniform in [-1, 1) by name, as the project's synthetic tensors are, or whole from 0 to 255 where
 * bytes are wanted; ids below the rows of their table.
 */
function inputsOf({ inputs, gathers, tensors, symbols }: LoweredProgram, seed: number): Inputs {
  return Object.fromEntries(
    inputs.map(({ name, value, dtype, default: absent }) => {
      const shape = value.shape.map((extent) => valueOf(extent, symbols));
      const count = shape.reduce((a, b) => a * b, 1);
      if (absent === "positions")
        return [name, Int32Array.from({ length: count }, (_, i) => i % shape.at(-1)!)];
      if (absent === "zeros")
        return [name, dtype === "int32" ? new Int32Array(count) : new Float32Array(count)];
      const values = uniform(`input.${name}`, count, seed);
      if (dtype === "uint8")
        return [name, Uint8Array.from(values, (u) => Math.floor(((u + 1) / 2) * 256))];
      const table = gathers.find(({ input }) => input === name)?.table;
      const rows = table === undefined ? 1 : tensors[table]![0]!;
      return [
        name,
        dtype === "int32"
          ? Int32Array.from(values, (u) => Math.min(rows - 1, Math.floor(((u + 1) / 2) * rows)))
          : values,
      ];
    }),
  );
}

/** The largest difference over max(1, the largest expected magnitude); NaN if any value is. */
export function parityError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, largest] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return NaN;
    worst = Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst / largest;
}

/**
 * A program alone on a device of its own, which ends with it. Values have 16 bits where weights
 * have.
 */
async function loadCuda(
  backend: CudaBackend,
  lowered: LoweredProgram,
  storage: Storage,
  weights: WeightSource,
  path: CudaPath | undefined,
): Promise<Program> {
  const program = narrow(lowered, storage);
  const { kernels, sources, launches } = emitCuda(
    [...program.init, ...program.launches].map((launch) => ({
      ...launch,
      symbols: program.symbols,
    })),
  );
  const { planned } = planProgram(program, launches);
  const plan = { name: program.name, programs: [planned] } as unknown as Plan;
  const { artifact, options } = await prepareCuda({ plan, kernels, sources }, backend, path);
  const device: OpenedDevice = await openDevice(options);
  try {
    const loaded = await createCudaProgram(
      planned,
      await LoadedKernels.load(artifact, choosePath(artifact, device, options.path), device),
      device,
      weights,
    );
    return {
      run: (...parameters) => loaded.run(...parameters),
      dispose: () => device.native.close(),
    };
  } catch (error) {
    await device.native.close();
    throw error;
  }
}

interface LoadOptions {
  readonly storage: Storage;
  readonly devices: DeviceHolder | undefined;
  readonly cudaPath: CudaPath | undefined;
  /** Of WebGPU, as the spec has it. */
  readonly tuning: TuningTable | undefined;
}

async function load(
  backend: ParityBackend,
  program: LoweredProgram,
  weights: WeightSource,
  { storage, devices, cudaPath, tuning }: LoadOptions,
): Promise<Program> {
  if (backend === "cuda" || backend === "cuda-emulated")
    return loadCuda(backend, program, storage, weights, cudaPath);
  const launches = [...program.init, ...program.launches];
  if (backend === "cpu" || backend === "native") {
    const { wasm, kernels } = await emitCpu(launches, { relaxed: false, sharedMemory: true });
    const { planned } = planProgram(program, kernels);
    if (backend === "cpu") return createProgram(planned, wasm, weights);
    const native = emitNative(
      launches.map(({ problem }) => problem),
      kernels.map(({ name }) => name),
    );
    if (!native) throw new InputError(`${program.name} has a kernel that native cannot run`);
    return createNativeProgram(planned, native, weights);
  }
  const held = await devices!.get();
  const sets = kernelSets(tuning);
  const set = kernelSet(sets, held.kind, offeredFeatures(held.device));
  const { kernels, launches: emitted } = emitWebGpu(
    launches.map((launch) => ({ ...launch, symbols: program.symbols })),
    [set],
    sets,
  );
  return createWebGpuProgram(planProgram(program, emitted).planned, kernels[set], held, weights);
}

/**
 * One picture and one text through every program. `report` counts programs times backends, the
 * oracle among them.
 */
export async function measureParity(
  spec: ModelSpec,
  weights: WeightSource,
  backends: readonly ParityBackend[],
  seed: number,
  report: (done: number, total: number) => void,
  cudaPath?: CudaPath,
): Promise<ParityRow[]> {
  const programs = lowerSpec({ ...spec, batch: { image: 1, text: 1 } }).map(({ lowered }) =>
    withTaps(lowered),
  );
  const devices = backends.includes("webgpu")
    ? new DeviceHolder([], { gpu: await openGpu() })
    : undefined;
  const total = programs.length * (backends.length + 1);
  let done = 0;
  const rows: ParityRow[] = [];
  try {
    for (const program of programs) {
      const inputs = inputsOf(program, seed);
      const tensors = await storedWeights(program, weights);
      const expected = evaluateLowered(
        program,
        inputs,
        (name) => tensors.get(name)!,
        program.symbols,
      );
      report(++done, total);
      const errors = program.launches.map((): Partial<Record<ParityBackend, number>> => ({}));
      for (const backend of backends) {
        const loaded = await load(backend, program, weights, {
          storage: spec.storage,
          devices,
          cudaPath,
          tuning: spec.tuning,
        });
        try {
          const outputs = await loaded.run(inputs, program.symbols);
          for (const [name, { data }] of Object.entries(outputs)) {
            const row = errors[Number.parseInt(name, 10)]!;
            const error = parityError(data, expected[name]!);
            // Of a launch that writes more than one thing, the worst; Math.max keeps NaN.
            row[backend] = Math.max(row[backend] ?? 0, error);
          }
        } finally {
          await loaded.dispose();
        }
        report(++done, total);
      }
      program.launches.forEach(({ problem, origins }, launch) =>
        rows.push({
          program: program.name,
          launch,
          family: problem.family,
          origins,
          errors: errors[launch]!,
        }),
      );
    }
  } finally {
    await devices?.close();
  }
  return rows;
}
