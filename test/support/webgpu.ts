/**
 * WebGPU in Node, by the package `webgpu` (Dawn) on whatever Vulkan driver there is; Mesa's
 * lavapipe needs no GPU.
 */
import { create } from "webgpu";
import { requires } from "./require.ts";

const required = requires("webgpu");

function open(): GPU | undefined {
  try {
    return create([]);
  } catch {
    return undefined;
  }
}

/** Kept for as long as tests run: devices die with the object that made them. */
const instance = open();
const adapter = await instance?.requestAdapter().catch(() => null);

if (required && !adapter)
  throw new Error(
    "REQUIRE=webgpu, but Dawn finds no Vulkan adapter: install mesa-vulkan-drivers 25 or newer",
  );

/** Where to ask for an adapter; undefined where tests must skip. */
export const gpu = adapter ? instance : undefined;
/** Features of that adapter. */
export const features: ReadonlySet<string> = new Set(adapter?.features ?? []);
export const needsWebGpu = "(needs a Vulkan driver, for one Mesa's lavapipe 25; REQUIRE=webgpu)";
