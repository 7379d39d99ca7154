import { loadAddon, openDriver, showCapability } from "@sigil/runtime-cuda";
import { findHostCompiler } from "@sigil/runtime-cuda/emulated";
import { findToolkit } from "@sigil/runtime-cuda/nvcc";
import { chooseInstructionSet, loadAddon as loadNativeAddon } from "@sigil/runtime-native";
import { DeviceHolder } from "@sigil/runtime-webgpu";
import { openGpu } from "../webgpu.ts";
import { availableParallelism, totalmem } from "node:os";

/** f32x4.relaxed_madd in the smallest module that has it. */
const relaxedMadd = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0,
  32, 0, 32, 1, 32, 2, 0xfd, 0x85, 0x02, 0x0b,
]);

async function webGpu(): Promise<[boolean, string]> {
  try {
    const holder = new DeviceHolder([], { gpu: await openGpu() });
    const { description, kind } = await holder.get();
    await holder.close();
    return [true, `${description}, kernels for ${kind} adapters`];
  } catch (error) {
    return [false, (error as Error).message];
  }
}

async function cuda(): Promise<[boolean, string]> {
  try {
    const { version, devices } = await openDriver();
    const list = devices.map(
      (device, i) =>
        `${i}: ${device.name}, compute capability ${showCapability(device)}, ` +
        `${(device.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${device.multiprocessors} ` +
        "multiprocessors",
    );
    return [
      devices.length > 0,
      `driver of CUDA ${Math.floor(version / 1000)}.${(version % 1000) / 10}; ${list.join("; ")}`,
    ];
  } catch (error) {
    return [false, (error as Error).message];
  }
}

function native(): [boolean, string] {
  try {
    const addon = loadNativeAddon();
    return [
      true,
      `${chooseInstructionSet(addon)}, ${addon.cores} physical cores; what is compiled for ` +
        "cpu runs on it",
    ];
  } catch (error) {
    return [false, `${(error as Error).message}; what is compiled for cpu runs on WebAssembly`];
  }
}

/** Whether something is found, and what it is or what is missing. */
const found = async <T>(
  find: Promise<T>,
  describe: (value: T) => string,
): Promise<[boolean, string]> =>
  find.then(
    (value) => [true, describe(value)],
    (error: Error) => [false, error.message],
  );

/** What this machine can run, and what is missing. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const rows: [string, boolean, string][] = [
    [
      "cpu",
      true,
      `WebAssembly SIMD, ${availableParallelism()} threads, ` +
        `${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`,
    ],
    ["native", ...native()],
    [
      "relaxed SIMD",
      WebAssembly.validate(relaxedMadd),
      "fused multiply-add; used where the engine has it, not needed",
    ],
    ["webgpu", ...(await webGpu())],
    ["cuda", ...(await cuda())],
    ["cuda addon", ...(await found((async () => loadAddon())(), () => "loads"))],
    [
      "nvcc",
      ...(await found(
        findToolkit(),
        ({ nvcc, version }) => `${version} (${nvcc}); compiles kernels for cuda`,
      )),
    ],
    [
      "g++",
      ...(await found(
        findHostCompiler(),
        ({ version }) => `${version}; compiles kernels for cuda-emulated`,
      )),
    ],
  ];
  if (options.json)
    process.stdout.write(
      `${JSON.stringify(rows.map(([name, available, detail]) => ({ name, available, detail })))}\n`,
    );
  else
    for (const [name, ok, text] of rows)
      process.stdout.write(`${ok ? "yes" : "no "}  ${name.padEnd(18)} ${text}\n`);
}
