/**
 * The memory of a program: weights in buffers that any device can bind, constants that loading
 * computes, and one arena.
 */
import { loadPlanned, type LoadPlannedOptions, type WeightReader } from "@sigil/runtime/internal";
import type { Location, PlannedProgram } from "@sigil/spec";
import { align } from "@sigil/spec/shared";
import { bufferUsage } from "./flags.ts";
import { WebGpuError } from "./error.ts";
import type { GPUBuffer, GPUDevice, GPUBufferBinding } from "./gpu.ts";

export interface ProgramBuffers {
  /** What binding an operand takes. */
  resolve(location: Location): GPUBufferBinding;
  readonly arena: GPUBuffer;
  /** Outputs on their way to the host. */
  readonly readback: GPUBuffer;
  readonly bytes: number;
  /** Makes another one, which is destroyed with the rest. */
  make(label: string, bytes: number, usage: number): GPUBuffer;
  destroy(): void;
}

/**
 * Weights one after the other in as few segments as the binding limit allows; `begin` is a plan
 * offset.
 */
function segments(
  program: PlannedProgram,
  most: number,
): { readonly begin: number; readonly end: number }[] {
  const found: { begin: number; end: number }[] = [];
  for (const { offset, bytes } of [...program.weights].sort((a, b) => a.offset - b.offset)) {
    const last = found.at(-1);
    if (last && offset + bytes - last.begin <= most) last.end = offset + bytes;
    else found.push({ begin: offset, end: offset + bytes });
  }
  return found;
}

/**
 * Makes every buffer of a program. Throws a WebGpuError out-of-memory with nothing left allocated.
 */
export async function createBuffers(
  device: GPUDevice,
  program: PlannedProgram,
  readbackBytes: number,
): Promise<ProgramBuffers> {
  device.pushErrorScope("out-of-memory");
  const made: GPUBuffer[] = [];
  const make = (label: string, bytes: number, usage: number): GPUBuffer => {
    const buffer = device.createBuffer({
      label: `${program.name} ${label}`,
      size: align(Math.max(1, bytes)),
      usage,
    });
    made.push(buffer);
    return buffer;
  };
  const storage = bufferUsage.storage | bufferUsage.copyTarget | bufferUsage.copySource;
  // What init computes lies before the weights, and in its own buffer: a dispatch cannot write a
  // buffer that it also reads.
  const constantBytes = Math.min(
    program.weightBytes,
    ...program.weights.map(({ offset }) => offset),
  );
  const constants = make("constants", constantBytes, storage);
  const weights = segments(program, device.limits.maxStorageBufferBindingSize).map(
    ({ begin, end }, i) => ({ begin, buffer: make(`weights ${i}`, end - begin, storage) }),
  );
  const arena = make("arena", program.arenaBytes, storage);
  const readback = make("readback", readbackBytes, bufferUsage.mapRead | bufferUsage.copyTarget);
  const destroy = (): void => made.forEach((buffer) => buffer.destroy());
  const failure = await device.popErrorScope();
  const bytes = made.reduce((sum, { size }) => sum + size, 0);
  if (failure) {
    destroy();
    throw new WebGpuError(
      "out-of-memory",
      `${program.name} needs ${(bytes / 2 ** 20).toFixed(0)} MiB of GPU memory, more than ` +
        "there is: compile it with float16 storage or a smaller batch",
      { cause: failure },
    );
  }
  return {
    arena,
    readback,
    bytes,
    make,
    destroy,
    resolve({ space, offset, bytes: size = 0 }) {
      // Bindings hold whole vectors; the arena's and the segments' ends are padded as plans are
      // aligned.
      const length = Math.max(16, Math.ceil(size / 4) * 4);
      if (space === "arena") return { buffer: arena, offset, size: length };
      const { begin, buffer } = weights.reduce(
        (before, segment) => (segment.begin <= offset ? segment : before),
        { begin: 0, buffer: constants },
      );
      return { buffer, offset: offset - begin, size: length };
    },
  };
}

/** Reads, packs and uploads the weights, holding one tensor and the weights that it is part of. */
export async function uploadWeights(
  device: GPUDevice,
  buffers: ProgramBuffers,
  program: PlannedProgram,
  reader: WeightReader,
  options: LoadPlannedOptions,
): Promise<void> {
  const waiting = new Map<number, ArrayBuffer>();
  await loadPlanned(
    program.weights,
    reader,
    {
      place({ offset, bytes }) {
        const staging = waiting.get(offset) ?? new ArrayBuffer(Math.ceil(bytes / 4) * 4);
        waiting.set(offset, staging);
        return { buffer: staging, offset: 0 };
      },
      complete({ offset, bytes }, staging) {
        const { buffer, offset: at } = buffers.resolve({ space: "weights", offset, bytes });
        device.queue.writeBuffer(buffer, at ?? 0, staging.buffer);
        waiting.delete(offset);
      },
    },
    options,
  );
}
