/** The contract between the shared runtime and a backend: a loaded program that runs. */

/** A float32 tensor, row-major. */
export interface Tensor<Shape extends readonly number[] = readonly number[]> {
  readonly data: Float32Array;
  readonly shape: Shape;
}

export interface Program {
  /** Inputs by name; `symbols` are this run's sizes, each at most what the plan says. */
  run(inputs: Readonly<Record<string, Float32Array | Int32Array>>, symbols: Readonly<Record<string, number>>): Promise<Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>>;
  dispose(): void | Promise<void>;
}
