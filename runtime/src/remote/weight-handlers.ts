/** Weights for another thread, which reads them by {@link remoteWeights}. */
import type { WeightSource } from "../weights/weight-source.ts";
import { Given, type Handlers } from "./peer.ts";

/** Answers for the thread that has the source. What is read may be a view of what others read too, so a copy is given away. */
export function weightHandlers(source: WeightSource, signal: AbortSignal | undefined): Handlers {
  const options = signal ? { signal } : {};
  return {
    read: async (name: string) => {
      const bytes = (await source.read(name, options)).slice();
      return new Given(bytes, [bytes.buffer]);
    },
    readRowsFloat32: async (name: string, rows: readonly number[]) => {
      const values = await source.readRowsFloat32(name, rows);
      return new Given(values, [values.buffer as ArrayBuffer]);
    },
  };
}
