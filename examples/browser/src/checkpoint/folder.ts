/** A checkpoint folder, wherever it is: behind a URL, or files that someone picked. */
import { blobSource, urlSource, WeightsError, type ByteSource } from "@sigil/runtime";

export interface CheckpointFolder {
  /** What it is called where people see it. */
  readonly name: string;
  /** The whole file, or undefined where there is none of that name. */
  read(file: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** The file by ranges of bytes; whether it exists shows at the first read. */
  source(file: string): ByteSource;
  /** Whether there is such a file. */
  has(file: string, signal?: AbortSignal): Promise<boolean>;
}

/** A folder behind a URL. The address of a model's page on the Hub means its files on the main branch, the address of a `config.json` its folder. */
export function urlFolder(address: string): CheckpointFolder {
  const url = new URL(address, document.baseURI);
  if (url.hostname === "huggingface.co" && /^\/[^/]+\/[^/]+\/?$/.test(url.pathname)) url.pathname = `${url.pathname.replace(/\/$/, "")}/resolve/main`;
  url.pathname = `${url.pathname.replace(/\/(config\.json)?$/, "")}/`;
  const request = async (file: string, init: RequestInit): Promise<Response | undefined> => {
    const at = new URL(file, url);
    const response = await fetch(at, init).catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw new WeightsError("cannot be fetched: the server is not there, or does not let other sites read from it (CORS)", { file: String(at), cause });
    });
    // Servers of single-page apps answer with the page where there is no file.
    const missing = response.status === 404 || (response.headers.get("content-type") ?? "").startsWith("text/html");
    if (missing) return undefined;
    if (!response.ok) throw new WeightsError("the server refused the request", { file: String(at), received: `${response.status} ${response.statusText}`.trim() });
    return response;
  };
  return {
    name: decodeURIComponent(url.pathname.replace(/\/(resolve\/[^/]+\/)?$/, "").split("/").pop() || url.host),
    async read(file, signal) {
      const response = await request(file, signal ? { signal } : {});
      return response && new Uint8Array(await response.arrayBuffer());
    },
    source: (file) => urlSource(new URL(file, url)),
    has: async (file, signal) => (await request(file, { method: "HEAD", ...(signal && { signal }) })) !== undefined,
  };
}

/** Files that someone picked or dropped; those in folders below the first are left out. */
export function fileFolder(files: readonly File[]): CheckpointFolder {
  const top = files.filter(({ webkitRelativePath }) => webkitRelativePath.split("/").length <= 2);
  const named = new Map(top.map((file) => [file.name, file]));
  return {
    name: files[0]?.webkitRelativePath.split("/")[0] || "files of this device",
    read: async (file) => {
      const found = named.get(file);
      return found && new Uint8Array(await found.arrayBuffer());
    },
    source(file) {
      const found = named.get(file);
      if (!found) throw new WeightsError("is not among the files that were chosen", { file, received: [...named.keys()].join(", ") });
      return blobSource(found);
    },
    has: async (file) => named.has(file),
  };
}
