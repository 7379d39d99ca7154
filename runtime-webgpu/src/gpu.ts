/** WebGPU's types under their own names, so that readers need no @webgpu/types. */
import type { GlobalClass } from "@sigil/runtime/internal";

export type GPU = GlobalClass<"GPU">;
export type GPUBuffer = GlobalClass<"GPUBuffer">;
export type GPUCommandEncoder = GlobalClass<"GPUCommandEncoder">;
export type GPUComputePassEncoder = GlobalClass<"GPUComputePassEncoder">;
export type GPUComputePipeline = GlobalClass<"GPUComputePipeline">;
export type GPUDevice = GlobalClass<"GPUDevice">;
export type GPUTexture = GlobalClass<"GPUTexture">;
export type GPUPowerPreference = "low-power" | "high-performance";

/** A part of a buffer. */
export interface GPUBufferBinding {
  buffer: GPUBuffer;
  offset?: number;
  size?: number;
}

/** What a queue copies pictures from. */
export type GPUCopyExternalImageSource =
  | GlobalClass<"ImageBitmap">
  | GlobalClass<"ImageData">
  | GlobalClass<"HTMLImageElement">
  | GlobalClass<"HTMLVideoElement">
  | GlobalClass<"VideoFrame">
  | GlobalClass<"HTMLCanvasElement">
  | GlobalClass<"OffscreenCanvas">;
