import { open } from "node:fs/promises";
import { Attempts } from "./attempts.ts";
import { HubError } from "./hub-error.ts";
import type { HubAnswer, HubFetch } from "./hub-fetch.ts";
import { PartialFile } from "./partial-file.ts";
import { mismatch, type RemoteFile } from "./remote-file.ts";

/** How a download goes about it. */
export interface DownloadOptions {
  readonly fetch: HubFetch;
  readonly onBytes: (loaded: number) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * An answer that brings less before it breaks off counts as a failure, in bytes: a server that
 * sends a hundred at a time would be asked for ever.
 */
const leastProgress = (size: number): number => Math.min(1 << 20, size / 16);

/**
 * Downloads a file to `path`, where it appears whole and verified or not at all. After a failure,
 * the same call or a later one continues with the bytes that arrived. Processes that download the
 * same file each have their own partial file. Throws HubError if the Hub keeps failing, the bytes
 * do not match or the cache cannot be written, and the signal's reason when aborted.
 */
export async function download(
  file: RemoteFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const partial = await PartialFile.open(path);
  try {
    await fetchVerified(file, partial, options);
    await partial.finish();
  } catch (error) {
    // Another process may have brought the same file meanwhile; its bytes are checked as ours are.
    const there = error instanceof HubError && (await isVerified(file, path, options.signal));
    const damaged = error instanceof HubError && error.code === "corrupt";
    await partial.close({ remove: there || damaged });
    if (!there) throw error;
  }
}

/** Whether the file at `path` exists and has the expected size and hash. */
export async function isVerified(
  file: RemoteFile,
  path: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return false;
  try {
    return (await handle.stat()).isFile() && (await mismatch(file, handle, signal)) === undefined;
  } finally {
    await handle.close();
  }
}

async function fetchVerified(
  file: RemoteFile,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<void> {
  // A mismatch may come from a leftover that was damaged since: only bytes fetched from the start
  // are beyond doubt.
  for (let resumed = await partial.size(); ; resumed = 0) {
    await fetchRest(file, partial, options);
    const problem = await mismatch(file, partial.handle, options.signal);
    if (problem === undefined) return;
    await partial.clear();
    if (resumed === 0)
      throw new HubError("corrupt", `${file.url} arrived damaged and was discarded: ${problem}`);
  }
}

async function fetchRest(
  file: RemoteFile,
  partial: PartialFile,
  options: DownloadOptions,
): Promise<void> {
  const attempts = new Attempts(options.signal);
  for (let loaded = await partial.size(); loaded < file.size; ) {
    try {
      await fetchFrom(loaded, file, partial, options);
      return;
    } catch (error) {
      const reached = await partial.size();
      await attempts.failed(error, reached - loaded >= leastProgress(file.size));
      loaded = reached;
    }
  }
}

async function fetchFrom(
  offset: number,
  file: RemoteFile,
  partial: PartialFile,
  { fetch, onBytes }: DownloadOptions,
): Promise<void> {
  // Ranges and sizes count the file's own bytes, not those of a compressed transfer.
  const answer = await fetch(file.url, {
    "Accept-Encoding": "identity",
    ...(offset > 0 && { Range: `bytes=${offset}-` }),
  });
  let position = beginOf(answer, offset);
  for await (const chunk of answer.body) {
    if (position + chunk.length > file.size)
      throw new HubError(
        "corrupt",
        `${file.url} sent more than the ${file.size} bytes that the Hub lists`,
      );
    await partial.write(chunk, position);
    position += chunk.length;
    onBytes(position);
  }
  if (position < file.size)
    throw new HubError("network", `${file.url} ended after ${position} of ${file.size} bytes`, {
      transient: true,
    });
}

/** Where the bytes of an answer belong: a server may know no ranges and send all of a file. */
function beginOf({ status, headers, url }: HubAnswer, offset: number): number {
  if (status !== 206) return 0;
  const range = headers.get("Content-Range");
  const begin = Number(/^bytes (\d+)-/.exec(range ?? "")?.[1]);
  if (begin === offset) return begin;
  throw new HubError(
    "network",
    `${url} answered "${range}" to a request for the bytes from ${offset}`,
    {
      transient: true,
    },
  );
}
