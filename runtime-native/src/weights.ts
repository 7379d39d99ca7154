/** The weights of a plan into the addon's memory. */
import { loadPlanned, type LoadPlannedOptions, type WeightReader } from "@sigil/runtime";
import type { PlannedProgram } from "@sigil/spec";
import type { NativeProgram } from "./addon.ts";

/** Bytes of weights that wait for the addon; beyond them, reading waits. */
const mostWaiting = 64 << 20;

/** Throws what the reader throws, what the addon rejects with, or the signal's reason. */
export async function placeWeights(
  native: NativeProgram,
  program: PlannedProgram,
  reader: WeightReader,
  options: LoadPlannedOptions,
): Promise<void> {
  // The addon packs: it knows the machine's panels. Reading leaves every weight row by row.
  const weights = program.weights.map((weight) => ({
    ...weight,
    bytes: 4 * weight.rows * weight.columns,
    layout: { kind: "rows" } as const,
  }));
  const numbers = new Map(weights.map(({ offset }, i) => [offset, i]));
  const rows = new Map<number, Float32Array>();
  const placed = new Set<Promise<void>>();
  let waiting = 0;
  let failure: { readonly error: unknown } | undefined;
  const settled = async (most: number): Promise<void> => {
    while (waiting > most && placed.size > 0) await Promise.race(placed);
    if (failure) throw failure.error;
  };
  const bounded: WeightReader = {
    ...(reader.tensors && { tensors: reader.tensors }),
    async readFloat32(name, given) {
      await settled(mostWaiting);
      return reader.readFloat32(name, given);
    },
    readRowsFloat32: (...parameters) => reader.readRowsFloat32(...parameters),
  };
  try {
    await loadPlanned(
      weights,
      bounded,
      {
        place({ offset, rows: count, columns }) {
          const data = rows.get(offset) ?? new Float32Array(count * columns);
          rows.set(offset, data);
          return { buffer: data.buffer, offset: 0 };
        },
        complete({ offset, rows: count, bytes }) {
          const data = rows.get(offset)!;
          rows.delete(offset);
          waiting += bytes;
          const job: Promise<void> = native
            .place(numbers.get(offset)!, [{ rows: count, data }])
            .catch((error: unknown) => void (failure ??= { error }))
            .finally(() => {
              waiting -= bytes;
              placed.delete(job);
            });
          placed.add(job);
        },
      },
      options,
    );
  } finally {
    await Promise.all(placed);
  }
  await settled(0);
}
