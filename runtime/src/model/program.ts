/** The contract between the shared runtime and a backend: a loaded program that runs. */

/** A float32 tensor, row-major. */
export interface Tensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Whole numbers, row-major. */
export interface IntTensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Int32Array;
  readonly shape: Shape;
}

/**
 * Bytes of pictures that lie on a device, or that a device can take from where they lie; counted
 * and cut as a Uint8Array is.
 */
export interface DeviceBytes {
  /** The backend that can read them. */
  readonly device: string;
  readonly length: number;
  /** Whole pictures only. */
  subarray(begin: number, end: number): DeviceBytes;
}

/**
 * Bytes of resized pictures, `[batch, height, width, channels]`, for a model compiled for pixels of
 * uint8.
 */
export interface ByteTensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Uint8Array | DeviceBytes;
  readonly shape: Shape;
}

/** `pixel_values`: normalised, `[batch, channels, height, width]`, or bytes. */
export type PixelValues = Tensor | ByteTensor;

/** The values of an input, as its dtype says. */
export type HostData = Float32Array | Int32Array | Uint8Array;

export interface Program {
  /** The device whose bytes it takes, if any. */
  readonly device?: string;
  /**
   * Inputs by name, those that lie on its device apart; `symbols` are this run's sizes, each at
   * most what the plan says. Inputs are the program's from the call on: it reads them when their
   * turn comes and may transfer them. Outputs are the caller's.
   */
  run(
    inputs: Readonly<Record<string, HostData>>,
    symbols: Readonly<Record<string, number>>,
    onDevice?: Readonly<Record<string, DeviceBytes>>,
  ): Promise<Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>>;
  dispose(): void | Promise<void>;
}
