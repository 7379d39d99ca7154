import type { DeviceBytes } from "@sigil/runtime";

/** Bytes of pictures that reach the arena without leaving the GPU. */
export interface WebGpuBytes extends DeviceBytes {
  readonly device: "webgpu";
  /** Writes all of them to a storage buffer from `offset`, a multiple of 256; work that is submitted to the device later finds them there. */
  write(device: GPUDevice, buffer: GPUBuffer, offset: number): void;
}
