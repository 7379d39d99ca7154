/** Finds a driver and chooses among its devices. */
import { loadAddon, type DeviceInfo, type NativeDevice, type NativeDriver } from "./addon.ts";
import { CudaError, rethrown } from "./error.ts";

export interface DriverOptions {
  /** Path of a driver library, instead of the system's. */
  readonly driver?: string;
  /** The index of the device to use. Default 0. */
  readonly device?: number;
  /**
   * The most bytes of pinned memory. A session begins with at most 8 MiB, and takes more when the
   * inputs of its runs need it. Inputs that find no pinned memory are copied once more. Default
   * 256 MiB.
   */
  readonly stagingBytes?: number;
}

/**
 * Where drivers are found: libcuda.so.1, since libcuda.so belongs to toolkits, and the folder of
 * WSL, which is in no search path.
 */
export const driverPaths: readonly string[] =
  process.platform === "win32" ? ["nvcuda.dll"] : ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"];

/** Opens the driver. Throws CudaError: no-addon, no-driver, driver-too-old, no-device. */
export const openDriver = async (path?: string): Promise<NativeDriver> =>
  rethrown(loadAddon().openDriver(path === undefined ? driverPaths : [path]));

export interface OpenedDevice {
  readonly native: NativeDevice;
  readonly info: DeviceInfo;
  /** The CUDA version of the driver, such as 12.4. */
  readonly driverVersion: string;
  /** Whether the driver can overlap launches of a graph, which needs CUDA 12.3. */
  readonly programmaticEdges: boolean;
}

export const showCapability = ({ major, minor }: Pick<DeviceInfo, "major" | "minor">): string =>
  `${major}.${minor}`;

/** The oldest supported device: kernels need mma.sync of bfloat16 and cp.async. */
const oldestMajor = 8;

/** Opens a device. Its `close` frees everything that it holds. Throws CudaError. */
export async function openDevice({
  driver: path,
  device: ordinal = 0,
  stagingBytes = 256 << 20,
}: DriverOptions): Promise<OpenedDevice> {
  const driver = await openDriver(path);
  const info = driver.devices[ordinal];
  if (!info)
    throw new CudaError(
      "no-device",
      `device ${ordinal}: the driver has ` +
        (driver.devices.length === 0
          ? "no devices: check nvidia-smi and CUDA_VISIBLE_DEVICES"
          : `devices 0 to ${driver.devices.length - 1}`),
    );
  if (info.major < oldestMajor)
    throw new CudaError(
      "wrong-architecture",
      `${info.name} has compute capability ${showCapability(info)}: 8.0 (Ampere) or newer is ` +
        "needed; use the WebGPU or the CPU backend",
    );
  const native = driver.device();
  try {
    await rethrown(native.open(ordinal, stagingBytes));
  } catch (error) {
    await native.close();
    throw error;
  }
  return {
    native,
    info,
    driverVersion: `${Math.floor(driver.version / 1000)}.${(driver.version % 1000) / 10}`,
    programmaticEdges: driver.programmaticEdges,
  };
}
