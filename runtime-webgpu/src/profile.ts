/** Takes timestamps around each launch, if the adapter has them. */
import { bufferUsage, mapModeRead } from "./flags.ts";
import type { BoundLaunch } from "./launches.ts";
import type { Symbols } from "@sigil/runtime/internal";
import type { GPUCommandEncoder, GPUDevice } from "./gpu.ts";

/** The time of one launch on the adapter. */
export interface LaunchTime {
  readonly kernel: string;
  /** Transformers' module paths. */
  readonly origins: readonly string[];
  readonly microseconds: number;
}

export class Profiler {
  readonly #count: number;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #readback: GPUBuffer;

  constructor(device: GPUDevice, launches: number) {
    this.#count = launches;
    this.#queries = device.createQuerySet({ type: "timestamp", count: 2 * launches });
    this.#resolved = device.createBuffer({
      size: 16 * launches,
      usage: bufferUsage.queryResolve | bufferUsage.copySource,
    });
    this.#readback = device.createBuffer({
      size: 16 * launches,
      usage: bufferUsage.copyTarget | bufferUsage.mapRead,
    });
  }

  /** Encodes a pass for each launch, since timestamps are taken at the borders of passes. */
  encode(encoder: GPUCommandEncoder, launches: readonly BoundLaunch[], symbols: Symbols): void {
    launches.forEach((launch, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet: this.#queries,
          beginningOfPassWriteIndex: 2 * i,
          endOfPassWriteIndex: 2 * i + 1,
        },
      });
      launch.encode(pass, symbols);
      pass.end();
    });
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#readback, 0, 16 * this.#count);
  }

  async read(launches: readonly BoundLaunch[]): Promise<LaunchTime[]> {
    await this.#readback.mapAsync(mapModeRead);
    const stamps = new BigUint64Array(this.#readback.getMappedRange());
    const times = launches.map(({ kernel, origins }, i) => ({
      kernel,
      origins,
      microseconds: Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1000,
    }));
    this.#readback.unmap();
    return times;
  }

  destroy(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#readback.destroy();
  }
}
