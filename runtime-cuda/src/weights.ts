/** Weights on their way to the device: read, packed and sent one tensor at a time. */
import { loadPlanned, type LoadPlannedOptions, type WeightReader } from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import { entryOf } from "@sigil/spec/shared";
import type { DevicePointer, NativeDevice } from "./addon.ts";
import { rethrown } from "./error.ts";

/** Packed weights that wait for the device; beyond it, reading waits. */
const mostWaitingBytes = 256 << 20;

/**
 * Reads, packs and uploads the weights of a program to `base`. Throws what the reader throws, the
 * signal's reason, or CudaError.
 */
export async function uploadWeights(
  device: NativeDevice,
  base: DevicePointer,
  program: PlannedProgram,
  reader: WeightReader,
  options: LoadPlannedOptions,
): Promise<void> {
  const packed = new Map<number, ArrayBuffer>();
  const uploads = new Set<Promise<void>>();
  let waitingBytes = 0;
  let failure: { readonly error: unknown } | undefined;
  const settled = async (most: number): Promise<void> => {
    while (waitingBytes > most && uploads.size > 0) await Promise.race(uploads);
    if (failure) throw failure.error;
  };
  const readQuantized = reader.readQuantized?.bind(reader);
  const bounded: WeightReader = {
    ...(reader.tensors && { tensors: reader.tensors }),
    ...(readQuantized && {
      async readQuantized(...parameters) {
        await settled(mostWaitingBytes);
        return readQuantized(...parameters);
      },
    }),
    async readFloat32(name, given) {
      await settled(mostWaitingBytes);
      return reader.readFloat32(name, given);
    },
    readRowsFloat32: (...parameters) => reader.readRowsFloat32(...parameters),
  };
  try {
    await loadPlanned(
      program.weights,
      bounded,
      {
        place({ offset, bytes }) {
          const buffer = packed.get(offset) ?? new ArrayBuffer(bytes);
          packed.set(offset, buffer);
          return { buffer, offset: 0 };
        },
        complete({ offset, bytes, parts }) {
          const data = new Uint8Array(entryOf(packed, offset, "weight at byte"));
          packed.delete(offset);
          waitingBytes += bytes;
          const upload: Promise<void> = rethrown(
            device.upload([
              {
                device: base + BigInt(offset),
                data,
                about: `weight ${parts.map(({ tensor }) => tensor).join(" + ")}`,
              },
            ]),
          )
            .catch((error: unknown) => void (failure ??= { error }))
            .finally(() => {
              waitingBytes -= bytes;
              uploads.delete(upload);
            });
          uploads.add(upload);
        },
      },
      options,
    );
  } finally {
    await Promise.all(uploads);
  }
  await settled(0);
}
