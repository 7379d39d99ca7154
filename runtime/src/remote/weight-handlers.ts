/** Weights for another thread, which reads them by {@link remoteWeights}. */
import type { QuantizedStorage } from "@sigil/spec";
import { WeightsError } from "../weights/error.ts";
import type { WeightSource } from "../weights/weight-source.ts";
import { Given, type Handlers } from "./peer.ts";

/**
 * Answers for the thread that has the source. What is read may be a view of what others read too,
 * so a copy is given away. `signalNow` gives what stops a read that begins now.
 */
export function weightHandlers(source: WeightSource, signalNow: () => AbortSignal): Handlers {
  return {
    read: async (name: string) => {
      // Not slice(), by which Node's Buffer gives a view.
      const bytes = new Uint8Array(await source.read(name, { signal: signalNow() }));
      return new Given(bytes, [bytes.buffer]);
    },
    // Of quantised tensors.
    readFloat32: async (name: string) => {
      const values = await source.readFloat32(name, { signal: signalNow() });
      return new Given(values, [values.buffer as ArrayBuffer]);
    },
    readQuantized: async (name: string, storage: QuantizedStorage) => {
      if (!source.readQuantized)
        throw new WeightsError("is not bound to the plan", { tensor: name });
      const { columns, codes, scales, zeros } = await source.readQuantized(name, storage, {
        signal: signalNow(),
      });
      return new Given({ columns, codes, scales, zeros }, []);
    },
    readRowsFloat32: async (name: string, rows: readonly number[]) => {
      const values = await source.readRowsFloat32(name, rows);
      return new Given(values, [values.buffer as ArrayBuffer]);
    },
  };
}
