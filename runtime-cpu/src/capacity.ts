/** Lays a program out in one WebAssembly memory, and checks that it fits. */
import { SigilError } from "@sigil/runtime";
import type { PlannedProgram, Storage } from "@sigil/spec";
import { align } from "@sigil/spec/shared";

/** What a 32-bit WebAssembly memory can address. */
export const largestMemory = 2 ** 32;
const page = 65536;
/**
 * Kernels load whole vectors past the end of a row, so the memory ends with this many unused bytes.
 */
const slack = 4096;

/**
 * Thrown if the model does not fit into a WebAssembly memory (`too-large`), or if the engine has no
 * memory left for it (`out-of-memory`). `fits` is a storage with which it would fit, if there is
 * one.
 */
export class CapacityError extends SigilError {
  override readonly name = "CapacityError";
  readonly code: "too-large" | "out-of-memory";
  readonly bytes: number;
  readonly fits: Storage | undefined;

  /**
   * `refusal` is the error of an engine that could not allocate a memory of an addressable size.
   */
  constructor(program: string, bytes: number, fits?: Storage, refusal?: Error) {
    const size =
      bytes < 2 ** 30
        ? `${(bytes / 2 ** 20).toFixed(1)} MiB`
        : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
    const remedy = fits
      ? `compile it with ${fits} storage, which fits`
      : "no storage makes it fit; lower its largest batch or run it on another backend";
    super(
      `${program} needs ${size} of memory and ` +
        (refusal
          ? `the engine gives none (${refusal.message}): dispose of models that are not needed, ` +
            "or compile a smaller largest batch"
          : `WebAssembly addresses 4 GiB; ${remedy}`),
      { cause: refusal },
    );
    this.code = refusal ? "out-of-memory" : "too-large";
    this.bytes = bytes;
    this.fits = fits;
  }
}

export interface MemoryLayout {
  readonly weights: number;
  readonly arena: number;
  /** Scratch of thread t begins at `scratch + t * scratchStride`. */
  readonly scratch: number;
  readonly scratchStride: number;
  readonly bytes: number;
  readonly pages: number;
}

/**
 * Places weights, arena and each thread's scratch one after the other. Throws CapacityError if they
 * do not fit.
 */
export function layoutMemory(program: PlannedProgram, threads: number): MemoryLayout {
  const place = (weightBytes: number) => {
    const arena = align(weightBytes);
    const scratch = arena + align(program.arenaBytes);
    const scratchStride = align(program.scratchBytes);
    const bytes = scratch + threads * scratchStride + slack;
    return { weights: 0, arena, scratch, scratchStride, bytes, pages: Math.ceil(bytes / page) };
  };
  const layout = place(program.weightBytes);
  if (layout.pages * page <= largestMemory) return layout;
  const wide = program.weights.filter(
    (weight) => weight.layout.kind === "panels" && weight.layout.storage === "float32",
  );
  const halved = place(
    program.weightBytes - wide.reduce((sum, weight) => sum + weight.bytes / 2, 0),
  );
  throw new CapacityError(
    program.name,
    layout.bytes,
    wide.length > 0 && halved.pages * page <= largestMemory ? "float16" : undefined,
  );
}
