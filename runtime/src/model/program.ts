/** The contract between the shared runtime and a backend: a loaded program that can run. */

/** A float32 tensor, row-major. */
export interface Tensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** An int32 tensor, row-major. */
export interface IntTensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Int32Array;
  readonly shape: Shape;
}

/**
 * Bytes of pictures that lie on a device, or that a device can read in place. They have a length
 * and `subarray`, as a Uint8Array has.
 */
export interface DeviceBytes {
  /** The backend that can read them. */
  readonly device: string;
  readonly length: number;
  /** The range must hold whole pictures. */
  subarray(begin: number, end: number): DeviceBytes;
}

/**
 * Bytes of resized pictures, `[batch, height, width, channels]`, for a model compiled for uint8
 * pixels.
 */
export interface ByteTensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Uint8Array | DeviceBytes;
  readonly shape: Shape;
}

/** `pixel_values`: normalised floats, `[batch, channels, height, width]`, or bytes. */
export type PixelValues = Tensor | ByteTensor;

/** The values of an input. Its dtype decides which array it is. */
export type HostData = Float32Array | Int32Array | Uint8Array;

export interface Program {
  /** The device whose bytes the program accepts, if any. */
  readonly device?: string;
  /**
   * Runs the program on inputs by name. Inputs that lie on its device are given separately.
   * `symbols` are the sizes of this run, each at most what the plan says. The program owns the
   * inputs from the call on: it may read them later and may transfer them. The caller owns the
   * outputs.
   */
  run(
    inputs: Readonly<Record<string, HostData>>,
    symbols: Readonly<Record<string, number>>,
    onDevice?: Readonly<Record<string, DeviceBytes>>,
  ): Promise<Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>>;
  dispose(): void | Promise<void>;
}
