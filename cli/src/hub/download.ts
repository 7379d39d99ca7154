import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { HubError } from "./hub-error.ts";
import { mismatch, type RemoteFile, sizeOf } from "./remote-file.ts";

/** How a download goes about it. */
export interface DownloadOptions {
  /** As fetch, throwing HubError where the Hub fails or refuses. */
  readonly fetch: typeof fetch;
  /** Makes the error for a body that breaks off. */
  readonly broken: (cause: unknown) => HubError;
  readonly onBytes: (loaded: number) => void;
  readonly signal: AbortSignal | undefined;
}

const attempts = 4;
const firstPause = 200;

/**
 * Brings a file to `path`, where it appears whole and verified or not at all. What
 * `path.incomplete` holds is gone on with,
 * within a call as in a later one. Throws HubError for a Hub that keeps failing or bytes that do
 * not match, and the signal's reason when aborted.
 */
export async function download(
  file: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const incomplete = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await fetchVerified(file, incomplete, options);
    await rename(incomplete, path);
  } catch (error) {
    // Another process that fetched the same file may have renamed it under our hands; its file is
    // as good.
    if ((await sizeOf(path)) !== file.size) throw error;
    await rm(incomplete, { force: true });
  }
}

async function fetchVerified(
  file: RemoteFile,
  incomplete: string,
  options: DownloadOptions,
): Promise<void> {
  // A mismatch may come from a leftover of a tool that writes out of order: only bytes fetched from
  // the start are beyond doubt.
  for (let resumed = (await sizeOf(incomplete)) ?? 0; ; resumed = 0) {
    await fetchRest(file, incomplete, options);
    const problem = await mismatch(file, incomplete, options.signal);
    if (problem === undefined) return;
    await rm(incomplete, { force: true });
    if (resumed === 0)
      throw new HubError("corrupt", `${file.url} arrived damaged and was discarded: ${problem}`);
  }
}

async function fetchRest(
  file: RemoteFile,
  incomplete: string,
  options: DownloadOptions,
): Promise<void> {
  await (await open(incomplete, "a")).close();
  let failures = 0;
  for (let loaded = (await sizeOf(incomplete)) ?? 0; loaded < file.size; ) {
    try {
      await fetchFrom(loaded, file, incomplete, options);
      return;
    } catch (error) {
      if (!(error instanceof HubError) || error.kind !== "network") throw error;
      const reached = (await sizeOf(incomplete)) ?? 0;
      failures = reached > loaded ? 1 : failures + 1;
      if (failures === attempts) throw error;
      loaded = reached;
    }
    await setTimeout(
      firstPause * 2 ** (failures - 1),
      undefined,
      options.signal && { signal: options.signal },
    ).catch(() => options.signal?.throwIfAborted());
  }
}

async function fetchFrom(
  offset: number,
  file: RemoteFile,
  incomplete: string,
  options: DownloadOptions,
): Promise<void> {
  // Ranges and sizes count the file's own bytes, not those of a compressed transfer.
  const range: HeadersInit = offset === 0 ? {} : { Range: `bytes=${offset}-` };
  const response = await options.fetch(file.url, {
    headers: { "Accept-Encoding": "identity", ...range },
  });
  let position =
    response.status === 206
      ? Number(/^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1])
      : 0;
  if (response.status === 206 && position !== offset) {
    await response.body?.cancel();
    throw new HubError(
      "network",
      `${file.url} answers "${response.headers.get("Content-Range")}" when asked for the bytes from ${offset}`,
    );
  }
  // Nothing is truncated and every write has its place, so processes that fetch the same file write
  // the same bytes.
  const handle = await open(incomplete, "r+");
  try {
    for await (const chunk of bodyOf(response, options)) {
      if (position + chunk.length > file.size)
        throw new HubError(
          "corrupt",
          `${file.url} sends more than the ${file.size} bytes that the Hub lists`,
        );
      for (let done = 0; done < chunk.length; )
        done += (await handle.write(chunk, done, chunk.length - done, position + done))
          .bytesWritten;
      position += chunk.length;
      options.onBytes(position);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (position < file.size)
    throw new HubError("network", `${file.url} ends after ${position} of ${file.size} bytes`);
}

async function* bodyOf(
  response: Response,
  { broken, signal }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  try {
    if (response.body !== null) yield* response.body as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    signal?.throwIfAborted();
    throw broken(cause);
  }
}
