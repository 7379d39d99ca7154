/** The addon: what it offers, and where it is. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { CudaError } from "./error.ts";

/** An address on a device. */
export type DevicePointer = bigint;

/** A tensor map among a launch's parameters, numbered as the driver does. */
export interface NativeMap {
  /** Byte offset among the parameters. */
  readonly at: number;
  readonly address: DevicePointer;
  readonly type: number;
  readonly swizzle: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly box: readonly number[];
}

export interface NativeLaunch {
  readonly kernel: number;
  readonly grid: readonly number[];
  readonly threads: number;
  /** 0 for none. */
  readonly cluster: number;
  readonly sharedBytes: number;
  /**
   * A graph may start it before the launch ahead has ended, if the driver has programmatic edges.
   */
  readonly programmatic: boolean;
  readonly parameters: Uint8Array;
  /** Byte at which each parameter begins, in the order in which the kernel takes them. */
  readonly offsets: readonly number[];
  readonly maps: readonly NativeMap[];
  /** The kernel and where it comes from, for errors. */
  readonly about: string;
}

/** Values and their place on a device. They are copied before the call returns. */
export interface NativeUpload {
  readonly device: DevicePointer;
  /** A typed array. */
  readonly data: ArrayBufferView;
  readonly about: string;
}

/** What to read of a device. */
export interface NativeDownload {
  readonly device: DevicePointer;
  readonly bytes: number;
  readonly about: string;
}

/**
 * Calls run in the order in which they are made, on a thread of the device. A TypeError is thrown
 * at once for arguments of other types and ranges; failures reject, as cudaErrorOf reads them.
 */
export interface NativeDevice {
  open(ordinal: number, stagingBytes: number): Promise<void>;
  allocate(bytes: number, about: string): Promise<DevicePointer>;
  free(pointer: DevicePointer): Promise<void>;
  upload(uploads: readonly NativeUpload[]): Promise<void>;
  /** `log` is what the driver's compiler said, if it had to compile PTX. */
  loadImage(
    image: Uint8Array,
    about: string,
  ): Promise<{ readonly id: number; readonly log: string }>;
  takeKernel(
    image: number,
    name: string,
    sharedBytes: number,
  ): Promise<{
    readonly id: number;
    readonly registers: number;
    readonly localBytes: number;
    readonly ptxVersion: number;
    readonly binaryVersion: number;
  }>;
  launch(launches: readonly NativeLaunch[]): Promise<void>;
  addGraph(launches: readonly NativeLaunch[]): Promise<number>;
  updateGraph(graph: number, launches: readonly NativeLaunch[]): Promise<void>;
  dropGraph(graph: number): Promise<void>;
  /** Microseconds of each launch if `timed`, and what each download asked for. */
  run(
    graph: number,
    uploads: readonly NativeUpload[],
    downloads: readonly NativeDownload[],
    timed: boolean,
    about: string,
  ): Promise<{ readonly times: readonly number[]; readonly outputs: readonly ArrayBuffer[] }>;
  /** Microseconds of each of `count` runs on what the device holds. */
  repeat(graph: number, count: number, about: string): Promise<readonly number[]>;
  /** Frees everything and ends the device's thread. */
  close(): Promise<void>;
}

export interface DeviceInfo {
  readonly name: string;
  /** Compute capability. */
  readonly major: number;
  readonly minor: number;
  readonly multiprocessors: number;
  readonly sharedBytesPerBlock: number;
  readonly memoryBytes: number;
}

export interface NativeDriver {
  readonly path: string;
  /** 12040 is CUDA 12.4. */
  readonly version: number;
  /** Whether launches of a graph can overlap: CUDA 12.3. */
  readonly programmaticEdges: boolean;
  readonly devices: readonly DeviceInfo[];
  device(): NativeDevice;
}

export interface Addon {
  openDriver(paths: readonly string[]): Promise<NativeDriver>;
}

let loaded: Addon | undefined;

/** Loads the addon, prebuilt or built here. Throws CudaError no-addon. */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const load = require("node-gyp-build") as (folder: string) => Addon;
    return (loaded = load(fileURLToPath(new URL("..", import.meta.url))));
  } catch (cause) {
    throw new CudaError(
      "no-addon",
      `the CUDA addon is not built for ${process.platform}-${process.arch}: run \`node ` +
        `${fileURLToPath(new URL("../scripts/build-addon.mjs", import.meta.url))}\` (it needs ` +
        "a C++17 compiler and nothing of CUDA), or use the CPU backend",
      { cause },
    );
  }
}
