import { basename, dirname, resolve } from "node:path";

/** A snapshot of the Hugging Face cache: the model of the Hub, and the commit as its folder. */
const snapshot = /^models--(?:.*--)?(.+)\/snapshots\/[^/]+$/;

/**
 * What a model without a spec is called: by its file, or of a config.json by its folder, or of one
 * in the Hugging Face cache by the Hub's `org/name` without the organisation. A spec's name always.
 */
export function modelName(file: string): string {
  const stem = basename(file, ".json");
  const folder = dirname(resolve(file));
  const parent = dirname(folder);
  const place = `${basename(dirname(parent))}/${basename(parent)}/${basename(folder)}`;
  const name = !/^(open_clip_)?config$/.test(stem)
    ? stem
    : (snapshot.exec(place)?.[1] ?? basename(folder));
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[^a-z0-9]+/, "") || "model"
  );
}
