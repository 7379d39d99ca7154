import type { DeviceBytes } from "@sigil/runtime";
import type { GPUBuffer, GPUDevice } from "./gpu.ts";

/** Bytes of pictures that reach the arena without leaving the GPU. */
export interface WebGpuBytes extends DeviceBytes {
  readonly device: "webgpu";
  /**
   * Submits writing all of them to a storage buffer from `offset`, a multiple of 256, before it
   * returns, so that later work finds them there. Rejects with what the device found wrong.
   */
  write(device: GPUDevice, buffer: GPUBuffer, offset: number): Promise<void>;
}
