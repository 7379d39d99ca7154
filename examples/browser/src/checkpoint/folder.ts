/** A checkpoint folder, wherever it is: behind a URL, or files that someone picked. */
import { blobSource, cachedSource, urlSource, WeightsError, type ByteSource } from "@sigil/runtime";

export interface CheckpointFolder {
  /** What it is called where people see it. */
  readonly name: string;
  /**
   * A file by ranges of bytes, or undefined where there is none of that name. Throws WeightsError
   * for a server that cannot be reached or refuses.
   */
  source(file: string): Promise<ByteSource | undefined>;
}

/** The whole of a file, or undefined where there is none of that name. */
export async function readFile(
  folder: CheckpointFolder,
  file: string,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const source = await folder.source(file);
  return source?.read(0, await source.size(), signal);
}

/**
 * A folder behind a URL, whose files are kept for the next visit. The address of a model's page on
 * the Hub means its files on the main branch, that of a `config.json` its folder. Throws a
 * TypeError for what is no address.
 */
export function urlFolder(address: string): CheckpointFolder {
  const url = new URL(address, document.baseURI);
  if (url.hostname === "huggingface.co" && /^\/[^/]+\/[^/]+\/?$/.test(url.pathname))
    url.pathname = `${url.pathname.replace(/\/$/, "")}/resolve/main`;
  url.pathname = `${url.pathname.replace(/\/(config\.json)?$/, "")}/`;
  return {
    name: decodeURIComponent(
      url.pathname
        .replace(/\/(resolve\/[^/]+\/)?$/, "")
        .split("/")
        .pop() || url.host,
    ),
    async source(file) {
      const source = cachedSource(urlSource(new URL(file, url)));
      try {
        await source.size();
        return source;
      } catch (error) {
        if (error instanceof WeightsError && error.received?.startsWith("404")) return undefined;
        throw error;
      }
    },
  };
}

/** Files that someone picked or dropped; those in folders below the first are left out. */
export function fileFolder(files: readonly File[]): CheckpointFolder {
  const top = files.filter(({ webkitRelativePath }) => webkitRelativePath.split("/").length <= 2);
  const named = new Map(top.map((file) => [file.name, file]));
  return {
    name: files[0]?.webkitRelativePath.split("/")[0] || "files of this device",
    source: async (name) => {
      const file = named.get(name);
      return file && blobSource(file);
    },
  };
}
