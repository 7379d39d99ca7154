import { basename, dirname, resolve } from "node:path";

/** A snapshot of the Hugging Face cache: the model of the Hub, and the commit as its folder. */
const snapshot = /^models--(?:.*--)?(.+)\/snapshots\/[^/]+$/;

/**
 * The name of a model without a spec. It is the name of its file or, for a config.json, of its
 * folder. In the Hugging Face cache it is the Hub's `org/name` without the organisation. It is
 * always valid as the name of a spec.
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
