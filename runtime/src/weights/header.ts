import { shown } from "@sigil/spec/shared";
import type { ByteSource } from "./byte-source.ts";
import { byteLength, isDType } from "./dtype.ts";
import { WeightsError, type WeightsErrorDetails } from "./error.ts";
import { scanHeader } from "./scan-header.ts";
import type { TensorInfo } from "./weight-source.ts";

/** The safetensors library refuses longer headers too. */
export const maxHeaderBytes = 100_000_000;

/** A tensor of a file with its place, in bytes from the start of the file. */
export interface TensorPlace extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Readonly<Record<string, string>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Reads and checks a header. The tensors must fill the file exactly, without gaps or overlaps. */
export async function readHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<SafetensorsHeader> {
  const file = source.name;
  const size = await source.size(signal);
  if (size < 8)
    throw new WeightsError("is truncated", {
      file,
      expected: "at least 8 bytes",
      received: `${size} bytes`,
    });
  const prefix = await source.read(0, 8, signal);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes))
    throw await named(source, size, signal, "has an oversized header", {
      file,
      expected: `at most ${maxHeaderBytes} bytes`,
      received: `${length} bytes`,
    });
  const dataStart = 8 + Number(length);
  if (dataStart > size)
    throw await named(source, size, signal, "is truncated inside its header", {
      file,
      expected: `at least ${dataStart} bytes`,
      received: `${size} bytes`,
    });
  const root = parseHeader(file, await source.read(8, Number(length), signal));
  const tensors = new Map<string, TensorPlace>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(root)) {
    if (name === "__metadata__") metadata = readMetadata(file, entry);
    else tensors.set(name, readEntry(file, name, entry, dataStart));
  }
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkTiling(file, inOrder, dataStart, size);
  return { tensors: new Map(inOrder), metadata };
}

/**
 * The error for a file that does not begin with a header. It says what the file is, if that is
 * known.
 */
async function named(
  source: ByteSource,
  size: number,
  signal: AbortSignal | undefined,
  problem: string,
  details: WeightsErrorDetails,
): Promise<WeightsError> {
  const { notWeights, signatureBytes } = await import("./foreign-format.ts");
  const what = notWeights(await source.read(0, Math.min(signatureBytes, size), signal));
  return what === undefined
    ? new WeightsError(problem, details)
    : new WeightsError(what, { file: source.name, cause: new WeightsError(problem, details) });
}

function parseHeader(file: string, bytes: Uint8Array): Record<string, unknown> {
  let root: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    // Before JSON.parse, to which nesting without end is gigabytes.
    const { problem, ...where } = scanHeader(text) ?? {};
    if (problem !== undefined) throw new WeightsError(problem, { file, ...where });
    root = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw new WeightsError(`has a header that is not JSON: ${(cause as Error).message}`, {
      file,
      cause,
    });
  }
  if (!isRecord(root))
    throw new WeightsError("has a header that is not an object", {
      file,
      expected: "a JSON object",
    });
  return root;
}

/** Some writers say null where they have none. */
function readMetadata(file: string, entry: unknown): Record<string, string> {
  if (entry === null) return {};
  if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== "string")) {
    throw new WeightsError("has malformed __metadata__", {
      file,
      expected: "an object of strings",
      received: shown(entry),
    });
  }
  return entry as Record<string, string>;
}

function readEntry(file: string, tensor: string, entry: unknown, dataStart: number): TensorPlace {
  const refuse = (problem: string, expected: string, received: string): WeightsError =>
    new WeightsError(problem, { file, tensor, expected, received });
  if (!isRecord(entry)) throw refuse("has a malformed entry", "an object", shown(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype)) throw refuse("has an unknown dtype", "a safetensors dtype", shown(dtype));
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw refuse("has a malformed shape", "non-negative integers", shown(shape));
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every(isSize) ||
    offsets[0]! > offsets[1]!
  )
    throw refuse("has malformed data_offsets", "[begin, end] with begin <= end", shown(offsets));
  const [begin, end] = offsets as [number, number];
  const expected = overflows(shape) ? NaN : byteLength(dtype, shape);
  if (!Number.isSafeInteger(expected) || end - begin !== expected)
    throw refuse(
      "its data_offsets contradict its shape",
      Number.isNaN(expected)
        ? `a shape of less than 2^64 elements, not ${shown(shape)}`
        : `${expected} bytes for ${dtype} ${shown(shape)}`,
      `${end - begin} bytes`,
    );
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

/** Whether a product of leading sizes exceeds 64 bits, even if a zero follows. */
function overflows(shape: readonly number[]): boolean {
  let elements = 1;
  return shape.some((size) => (elements *= size) >= 2 ** 64);
}

function checkTiling(
  file: string,
  inOrder: readonly (readonly [string, TensorPlace])[],
  dataStart: number,
  size: number,
): void {
  let at = dataStart;
  for (const [tensor, place] of inOrder) {
    if (place.begin !== at) {
      throw new WeightsError(
        place.begin < at ? "overlaps another tensor" : "leaves a gap before it",
        {
          file,
          tensor,
          expected: `offset ${at - dataStart}`,
          received: `offset ${place.begin - dataStart}`,
        },
      );
    }
    if (place.end > size)
      throw new WeightsError("lies past the end of the file", {
        file,
        tensor,
        expected: `at least ${place.end} bytes`,
        received: `${size} bytes`,
      });
    at = place.end;
  }
  if (at !== size)
    throw new WeightsError("has bytes that belong to no tensor", {
      file,
      expected: `${at} bytes`,
      received: `${size} bytes`,
    });
}
