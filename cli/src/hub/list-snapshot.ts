import { parsePythonJson } from "@sigil/runtime";
import type { Attempts } from "./attempts.ts";
import { HubError } from "./hub-error.ts";
import type { HubAnswer, HubFetch } from "./hub-fetch.ts";
import { isCommit, type ModelId } from "./model-id.ts";

/** A file as the Hub lists it, checked when it is wanted. */
export type ListedFile = Readonly<Record<string, unknown>>;

export interface SnapshotListing {
  readonly commit: string;
  /** The files of the model's folder by name, without those in folders of it. */
  readonly files: ReadonlyMap<string, ListedFile>;
}

/**
 * No list of a model's files is longer, in bytes; a page of the Hub's has 1,000 files in 200 kB.
 */
const longestAnswer = 16 << 20;
const mostPages = 100;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Asks the Hub for the commit of a model's revision, and for its files. Throws HubError. */
export async function listSnapshot(
  endpoint: string,
  { name, revision }: ModelId,
  fetch: HubFetch,
  attempts: () => Attempts,
): Promise<SnapshotListing> {
  const ask = (url: string): Promise<readonly [json: unknown, answer: HubAnswer]> =>
    attempts().at(async () => {
      const answer = await fetch(url, { Accept: "application/json" });
      return [await readJson(answer), answer] as const;
    });
  const strange = (what: string): HubError =>
    new HubError("network", `the Hub at ${endpoint} ${what}; check that HF_ENDPOINT names a Hub`);

  const api = `${endpoint}/api/models/${name}`;
  const [info] = await ask(`${api}/revision/${encodeURIComponent(revision)}?expand=sha`);
  const commit = isRecord(info) ? info.sha : undefined;
  if (typeof commit !== "string" || !isCommit(commit))
    throw strange(`gives no commit for ${name}@${revision}`);

  const files = new Map<string, ListedFile>();
  const seen = new Set<string>();
  let next: string | undefined = `${api}/tree/${commit}?recursive=false&expand=false`;
  while (next !== undefined) {
    if (seen.has(next) || seen.size === mostPages)
      throw strange(`lists endless pages of files for ${name}`);
    seen.add(next);
    const [page, answer] = await ask(next);
    if (!Array.isArray(page) || !page.every(isRecord))
      throw strange(`lists no files for ${name}: expected an array of objects`);
    for (const entry of page)
      if (entry.type === "file" && typeof entry.path === "string") files.set(entry.path, entry);
    next = nextPage(answer);
  }
  return { commit, files };
}

/** The address that a Link header gives the next page (RFC 8288). */
function nextPage({ headers, url }: HubAnswer): string | undefined {
  const [, target] = /<([^>]*)>[^,<]*;\s*rel="?next"?/i.exec(headers.get("Link") ?? "") ?? [];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, url))
    throw new HubError("network", `${url} names a next page that is not a URL: ${target}`);
  return new URL(target, url).href;
}

async function readJson({ url, body }: HubAnswer): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > longestAnswer)
      throw new HubError("network", `${url} answered with more than ${longestAnswer} bytes`);
  }
  try {
    return parsePythonJson(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new HubError("network", `${url} answered with something that is not JSON`, { cause });
  }
}
