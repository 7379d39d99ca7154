import type { ByteSource } from "./byte-source.ts";
import { byteLength, isDType } from "./dtype.ts";
import { WeightsError } from "./error.ts";
import { duplicateKey } from "./json-keys.ts";
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

/**
 * Reads and checks a header: tensors must tile the data without gaps or overlaps and fill the file
 * exactly.
 */
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
  if (length > BigInt(maxHeaderBytes)) {
    throw new WeightsError("has an oversized header", {
      file,
      expected: `at most ${maxHeaderBytes} bytes`,
      received: `${length} bytes`,
    });
  }
  const dataStart = 8 + Number(length);
  if (dataStart > size) {
    throw new WeightsError("is truncated inside its header", {
      file,
      expected: `at least ${dataStart} bytes`,
      received: `${size} bytes`,
    });
  }
  const root = parseHeader(file, await source.read(8, Number(length), signal));
  const tensors = new Map<string, TensorPlace>();
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(root)) {
    if (name === "__metadata__") Object.assign(metadata, readMetadata(file, entry));
    else tensors.set(name, readEntry(file, name, entry, dataStart));
  }
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkTiling(file, inOrder, dataStart, size);
  return { tensors: new Map(inOrder), metadata };
}

function parseHeader(file: string, bytes: Uint8Array): Record<string, unknown> {
  let root: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    root = JSON.parse(text);
  } catch (cause) {
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
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw new WeightsError("its header names this twice", { file, tensor: twice });
  return root;
}

function readMetadata(file: string, entry: unknown): Record<string, string> {
  if (!isRecord(entry) || Object.values(entry).some((value) => typeof value !== "string")) {
    throw new WeightsError("has malformed __metadata__", {
      file,
      expected: "an object of strings",
      received: JSON.stringify(entry).slice(0, 100),
    });
  }
  return entry as Record<string, string>;
}

function readEntry(file: string, tensor: string, entry: unknown, dataStart: number): TensorPlace {
  const received = JSON.stringify(entry).slice(0, 200);
  if (!isRecord(entry))
    throw new WeightsError("has a malformed entry", {
      file,
      tensor,
      expected: "an object",
      received,
    });
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype))
    throw new WeightsError("has an unknown dtype", {
      file,
      tensor,
      expected: "a safetensors dtype",
      received: JSON.stringify(dtype) ?? "nothing",
    });
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw new WeightsError("has a malformed shape", {
      file,
      tensor,
      expected: "non-negative integers",
      received: JSON.stringify(shape) ?? "nothing",
    });
  }
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every(isSize) ||
    offsets[0] > offsets[1]
  ) {
    throw new WeightsError("has malformed data_offsets", {
      file,
      tensor,
      expected: "[begin, end] with begin <= end",
      received: JSON.stringify(offsets) ?? "nothing",
    });
  }
  const [begin, end] = offsets as [number, number];
  const expected = byteLength(dtype, shape as number[]);
  if (!Number.isSafeInteger(expected) || end - begin !== expected) {
    throw new WeightsError("its data_offsets contradict its shape", {
      file,
      tensor,
      expected: `${expected} bytes for ${dtype} [${shape.join(", ")}]`,
      received: `${end - begin} bytes`,
    });
  }
  return { dtype, shape: shape as number[], begin: dataStart + begin, end: dataStart + end };
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
    throw new WeightsError("has bytes that no tensor owns", {
      file,
      expected: `${at} bytes`,
      received: `${size} bytes`,
    });
}
