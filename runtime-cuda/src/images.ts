/**
 * Images of kernels: files beside the generated module, made by nvcc, and checked before the driver
 * reads them, which is told no length.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CudaError } from "./error.ts";

/** Reads an image. Rejects with CudaError no-image where it was not built. */
export async function readImage(url: URL): Promise<Uint8Array> {
  try {
    return await readFile(url);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new CudaError(
      "no-image",
      `${fileURLToPath(url)} is not there: compile the kernels with sigil kernels, which needs nvcc, or use the CPU backend`,
      { cause },
    );
  }
}

const fatBinary = 0xba55ed50;
const elf = 0x464c457f;

/** How long an image says that it is; undefined for text, which ends with its zero. */
function statedBytes(view: DataView): number | undefined {
  const magic = view.getUint32(0, true);
  if (magic === fatBinary) return view.getUint16(6, true) + Number(view.getBigUint64(8, true));
  if (magic !== elf) return undefined;
  const sections =
    Number(view.getBigUint64(0x28, true)) + view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
  const segments =
    Number(view.getBigUint64(0x20, true)) + view.getUint16(0x36, true) * view.getUint16(0x38, true);
  return Math.max(sections, segments);
}

/**
 * The image with a zero behind it, so that text ends. Throws CudaError image for what is cut off,
 * or is none: the driver would read past its end.
 */
export function checkedImage(image: Uint8Array, about: string): Uint8Array {
  const refuse = (what: string): never => {
    throw new CudaError("image", `${about}: ${what}: build the kernels again`, {
      call: "cuLibraryLoadData",
      about,
    });
  };
  const leastBytes = 64;
  if (image.byteLength < leastBytes)
    refuse(`an image has at least ${leastBytes} bytes, received ${image.byteLength}`);
  const stated = statedBytes(new DataView(image.buffer, image.byteOffset, image.byteLength));
  if (
    stated === undefined &&
    !/^[\s\x21-\x7e]{16}/.test(new TextDecoder("latin1").decode(image.subarray(0, 16)))
  )
    refuse("expected a fat binary, a cubin or PTX, received something else");
  if (stated !== undefined && stated > image.byteLength)
    refuse(`expected ${stated} bytes, received ${image.byteLength}`);
  const ended = new Uint8Array(image.byteLength + 1);
  ended.set(image);
  return ended;
}
