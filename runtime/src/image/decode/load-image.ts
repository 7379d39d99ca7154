/** Pictures from wherever a program has them, in Node. */
import { fileURLToPath } from "node:url";
import { decodeImage, type DecodeOptions } from "./decode-node.ts";
import { ImageError, type ImageArray, type RawImage } from "../raw-image.ts";

/**
 * A path, an address (`http:`, `https:`, `file:` or `data:`), a file's bytes, or a picture that is
 * decoded already.
 */
export type ImageInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | { arrayBuffer(): Promise<ArrayBuffer> }
  | RawImage
  | ImageArray;

/** No picture file that is fetched is longer, in bytes. */
const longest = 256 << 20;

/**
 * Reads and decodes a picture as `decodeImage` does; a decoded one is returned as it is. A text is
 * an address where it begins with `http:`, `https:`, `file:` or `data:`, else a path. Throws
 * ImageError.
 */
export async function loadImage(
  input: ImageInput,
  options: DecodeOptions & { readonly signal?: AbortSignal } = {},
): Promise<RawImage | ImageArray> {
  if (input instanceof Uint8Array) return decodeImage(input, options);
  if (input instanceof ArrayBuffer) return decodeImage(new Uint8Array(input), options);
  if (typeof input === "string" && !/^(https?|file|data):/i.test(input))
    return decodeImage(input, options);
  if (typeof input === "string" || input instanceof URL) return fromAddress(input, options);
  if (typeof input === "object" && input !== null && "arrayBuffer" in input)
    return decodeImage(new Uint8Array(await input.arrayBuffer()), options);
  if (typeof input === "object" && input !== null && "data" in input) return input;
  throw new ImageError(
    "expected a path, a URL, bytes or a decoded picture, received " +
      `${input === null ? "null" : typeof input}`,
  );
}

async function fromAddress(
  input: string | URL,
  { signal, ...options }: DecodeOptions & { readonly signal?: AbortSignal },
): Promise<RawImage> {
  if (!URL.canParse(input)) throw new ImageError(`${input}: expected a valid URL`);
  const address = new URL(input);
  if (address.protocol === "file:") return decodeImage(fileURLToPath(address), options);
  const shown = address.protocol === "data:" ? "a data: URL" : address.href;
  let bytes: Uint8Array;
  try {
    const response = await fetch(address, { signal: signal ?? null });
    if (!response.ok)
      throw new ImageError(`${shown}: expected a picture, received status ${response.status}`);
    bytes = await bytesOf(response, shown);
  } catch (cause) {
    if (cause instanceof ImageError || signal?.aborted) throw signal?.reason ?? cause;
    const { cause: inner, message } = cause as Error;
    throw new ImageError(
      `${shown}: cannot be fetched: ${inner instanceof Error ? inner.message : message}`,
      { cause },
    );
  }
  try {
    return await decodeImage(bytes, options);
  } catch (cause) {
    throw new ImageError(
      `${shown}: ${(cause as Error).message.replace(`${bytes.length} bytes: `, "")}`,
      { cause },
    );
  }
}

/** All of an answer; one that goes on is left. */
async function bytesOf(response: Response, shown: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > longest)
      throw new ImageError(`${shown}: expected at most ${longest} bytes, received more`);
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
