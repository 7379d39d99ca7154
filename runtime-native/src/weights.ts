/** The weights of a plan into the addon's memory. */
import { loadPlanned, type LoadPlannedOptions, type WeightReader } from "@sigil/runtime/internal";
import type { PlannedProgram, PlannedWeight, WeightLayout } from "@sigil/spec";
import { entryOf, isQuantized, quantizedPlaces } from "@sigil/spec/shared";
import type { NativePart, NativeProgram } from "./addon.ts";

/** Bytes of weights that wait for the addon; beyond them, reading waits. */
const mostWaiting = 64 << 20;

/** As native/kernels/table.h numbers them, with their bytes. */
const types = {
  F32: { type: 0, bytes: 4 },
  F16: { type: 1, bytes: 2 },
  BF16: { type: 2, bytes: 2 },
} as const;

/**
 * The parts of a weight as they lie in an open file, for the addon to read; undefined if one of
 * them has to be made from what is read, or does not lie in a file.
 */
function partsInFile(
  { parts, columns, layout }: PlannedWeight,
  reader: WeightReader,
): NativePart[] | undefined {
  if (layout.kind === "panels" && isQuantized(layout.storage)) return undefined;
  const found: NativePart[] = [];
  for (const { tensor, begin, end, fold, resample } of parts) {
    const { dtype, quantized } = reader.tensors?.get(tensor) ?? {};
    const place = fold || resample || quantized ? undefined : reader.locate?.(tensor);
    if (!place || (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16")) return undefined;
    const { type, bytes } = types[dtype];
    found.push({
      rows: end - begin,
      descriptor: place.descriptor,
      offset: place.offset + begin * columns * bytes,
      type,
    });
  }
  return found;
}

/** Jobs of the addon that have not ended, and the first failure among them. */
class Placing {
  readonly #jobs = new Set<Promise<void>>();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;

  add(job: Promise<void>, bytes: number, done?: () => void): void {
    this.#waiting += bytes;
    const settled: Promise<void> = job
      .then(done, (error: unknown) => void (this.#failure ??= { error }))
      .finally(() => {
        this.#waiting -= bytes;
        this.#jobs.delete(settled);
      });
    this.#jobs.add(settled);
  }

  /** When at most so many bytes wait. Throws what a job failed with. */
  async until(most: number): Promise<void> {
    while (this.#waiting > most && this.#jobs.size > 0) await Promise.race(this.#jobs);
    if (this.#failure) throw this.#failure.error;
  }

  async end(): Promise<void> {
    await Promise.all(this.#jobs);
  }
}

/** Throws what the reader throws, what the addon rejects with, or the signal's reason. */
export async function placeWeights(
  native: NativeProgram,
  program: PlannedProgram,
  reader: WeightReader,
  { onProgress, signal, ...options }: LoadPlannedOptions,
): Promise<void> {
  const totalBytes = program.weights.reduce((sum, { bytes }) => sum + bytes, 0);
  let loadedBytes = 0;
  const report = (weight: PlannedWeight): void => {
    loadedBytes += weight.bytes;
    onProgress?.({ tensor: weight.parts[0]!.tensor, loadedBytes, totalBytes });
  };
  const placing = new Placing();
  const made: { readonly weight: PlannedWeight; readonly number: number }[] = [];
  try {
    for (const [number, weight] of program.weights.entries()) {
      const parts = partsInFile(weight, reader);
      if (!parts) {
        made.push({ weight, number });
        continue;
      }
      await placing.until(mostWaiting);
      signal?.throwIfAborted();
      placing.add(native.place(number, parts), weight.bytes, () => report(weight));
    }
    await placeMade(
      native,
      made,
      reader,
      { ...options, ...(signal && { signal }) },
      placing,
      report,
    );
  } finally {
    await placing.end();
  }
  await placing.until(0);
  signal?.throwIfAborted();
}

/**
 * How reading leaves a weight. Floats lie row by row: the addon packs them, since it knows the
 * machine's panels. Codes stay codes, in panels of 16 rows on every instruction set.
 */
function asRead({ rows, columns, layout }: PlannedWeight): {
  readonly bytes: number;
  readonly layout: WeightLayout;
} {
  if (layout.kind !== "panels" || !isQuantized(layout.storage))
    return { bytes: 4 * rows * columns, layout: { kind: "rows" } };
  const { storage } = layout;
  const width = 16;
  const { bytes } = quantizedPlaces(rows, columns, storage, width);
  return { bytes, layout: { kind: "panels", width, storage } };
}

/** Weights that JavaScript reads. */
async function placeMade(
  native: NativeProgram,
  made: readonly { readonly weight: PlannedWeight; readonly number: number }[],
  reader: WeightReader,
  options: LoadPlannedOptions,
  placing: Placing,
  report: (weight: PlannedWeight) => void,
): Promise<void> {
  const weights = made.map(({ weight }) => ({ ...weight, ...asRead(weight) }));
  const known = new Map(made.map((one) => [one.weight.offset, one]));
  const read = new Map<number, ArrayBuffer>();
  const readQuantized = reader.readQuantized?.bind(reader);
  const bounded: WeightReader = {
    ...(reader.tensors && { tensors: reader.tensors }),
    async readFloat32(name, given) {
      await placing.until(mostWaiting);
      return reader.readFloat32(name, given);
    },
    readRowsFloat32: (...parameters) => reader.readRowsFloat32(...parameters),
    ...(readQuantized && {
      async readQuantized(...parameters) {
        await placing.until(mostWaiting);
        return readQuantized(...parameters);
      },
    }),
  };
  await loadPlanned(
    weights,
    bounded,
    {
      place({ offset, bytes }) {
        const buffer = read.get(offset) ?? new ArrayBuffer(bytes);
        read.set(offset, buffer);
        return { buffer, offset: 0 };
      },
      complete({ offset, rows, bytes, layout }) {
        const buffer = entryOf(read, offset, "weight at byte");
        read.delete(offset);
        const { weight, number } = entryOf(known, offset, "weight at byte");
        const data = layout.kind === "rows" ? new Float32Array(buffer) : new Uint8Array(buffer);
        placing.add(native.place(number, [{ rows, data }]), bytes, () => report(weight));
      },
    },
    options,
  );
}
