/** The device of a session. It is requested when it is needed, and again after it was lost. */
import { DisposedError, reporting } from "@sigil/runtime/internal";
import type { PlannedProgram } from "@sigil/spec";
import { adapterKind, type AdapterKind } from "./adapter-kind.ts";
import { WebGpuError } from "./error.ts";
import { kernelFeatures } from "./kernel-set.ts";
import { neededLimits, requiredLimits } from "./limits.ts";
import type { GPU, GPUDevice, GPUPowerPreference } from "./gpu.ts";

export interface DeviceOptions {
  /**
   * Where to ask for an adapter. Default: `navigator.gpu`. In Node, use what `create()` of the
   * package `webgpu` returns.
   */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
  /** Use this device. The caller destroys it, and it is not replaced if it is lost. */
  readonly device?: GPUDevice;
  /** Which kernels to use, instead of those that the name of the adapter suggests. */
  readonly adapterKind?: AdapterKind;
  /** Refuse software adapters: WebAssembly is several times faster than WebGPU without a GPU. */
  readonly refuseSoftware?: boolean;
  /**
   * Called when a device was lost that the session requested. At its next run the session requests
   * another and loads its weights again. What the listener throws is reported as an uncaught error.
   */
  readonly onDeviceLost?: (error: WebGpuError) => void;
}

export interface HeldDevice {
  readonly device: GPUDevice;
  readonly kind: AdapterKind;
  /** What the adapter calls itself. */
  readonly description: string;
  /** Settles when the device is lost, whoever lost it. */
  readonly lost: Promise<WebGpuError>;
  isLost(): boolean;
}

const describe = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  description ||
  [vendor, architecture, device].filter(Boolean).join(" ") ||
  "an adapter without a name";

export class DeviceHolder {
  readonly #options: DeviceOptions;
  readonly #programs: readonly PlannedProgram[];
  #held: Promise<HeldDevice> | undefined;
  #closed = false;

  constructor(programs: readonly PlannedProgram[], options: DeviceOptions) {
    this.#programs = programs;
    this.#options = options;
  }

  /**
   * The device, or a new one if the last was lost. Throws WebGpuError with code no-adapter,
   * no-device or limit, or device-lost for a given device.
   */
  async get(): Promise<HeldDevice> {
    const current = this.#held;
    const held = await current;
    // Someone else who waited has asked for the next one already.
    if (this.#held !== current) return this.get();
    if (held && !held.isLost()) return held;
    if (held && this.#options.device) throw await held.lost;
    if (this.#closed) throw new DisposedError("the session");
    const next = this.#acquire();
    this.#held = next;
    next.catch(() => (this.#held = undefined));
    return next;
  }

  async #acquire(): Promise<HeldDevice> {
    const { device: given, powerPreference, onDeviceLost } = this.#options;
    const needed = neededLimits(this.#programs);
    if (given) {
      requiredLimits(needed, given.limits, "the given device");
      return this.#watch(given, given.adapterInfo, false);
    }
    const gpu = this.#options.gpu ?? globalThis.navigator?.gpu;
    if (!gpu)
      throw new WebGpuError(
        "no-adapter",
        "there is no WebGPU here: use a browser that has it over https or localhost, or pass " +
          "`gpu` (in Node from the package webgpu), or use the CPU backend",
      );
    const adapter = await gpu.requestAdapter(powerPreference ? { powerPreference } : {});
    if (!adapter)
      throw new WebGpuError(
        "no-adapter",
        "WebGPU has no adapter for this machine: update its graphics driver, or use the CPU " +
          "backend",
      );
    if (
      this.#options.refuseSoftware &&
      adapterKind(adapter.info, adapter.info.isFallbackAdapter) === "software"
    ) {
      throw new WebGpuError(
        "no-adapter",
        `the only WebGPU adapter is a software one (${describe(adapter.info)}), slower than ` +
          "WebAssembly",
      );
    }
    const features = (["timestamp-query", ...kernelFeatures] as const).filter((feature) =>
      adapter.features.has(feature),
    );
    const descriptor = {
      requiredLimits: requiredLimits(needed, adapter.limits, describe(adapter.info)),
      requiredFeatures: features,
    };
    const refused = (why: string, cause?: unknown): WebGpuError =>
      new WebGpuError(
        "no-device",
        `the adapter ${describe(adapter.info)} gives no device (${why}): reload the page, ` +
          "update its graphics driver, or use the CPU backend",
        { cause },
      );
    const device = await adapter.requestDevice(descriptor).catch((error: unknown) => {
      throw refused(error instanceof Error ? error.message : String(error), error);
    });
    // Who cannot make a device may hand out one that is lost already.
    const stillborn = await Promise.race([device.lost, undefined]);
    if (stillborn) throw refused(stillborn.message || "it was lost at once");
    return this.#watch(device, adapter.info, adapter.info.isFallbackAdapter ?? false, onDeviceLost);
  }

  #watch(
    device: GPUDevice,
    info: GPUAdapterInfo,
    fallback: boolean,
    onDeviceLost?: (error: WebGpuError) => void,
  ): HeldDevice {
    let isLost = false;
    const lost = device.lost.then(({ reason, message }) => {
      isLost = true;
      const error = new WebGpuError(
        "device-lost",
        `the WebGPU device was lost (${reason}${message ? `: ${message}` : ""})`,
      );
      // Whoever waits for `lost` is told of the loss, not of what the listener threw.
      if (!this.#closed && onDeviceLost) reporting(onDeviceLost)(error);
      return error;
    });
    return {
      device,
      kind: this.#options.adapterKind ?? adapterKind(info, fallback),
      description: describe(info),
      lost,
      isLost: () => isLost,
    };
  }

  /** Destroys the device unless it was given. */
  async close(): Promise<void> {
    this.#closed = true;
    const held = await this.#held?.catch(() => undefined);
    if (held && !this.#options.device) held.device.destroy();
  }
}
