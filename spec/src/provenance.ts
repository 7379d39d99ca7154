/** Finds where a checkpoint comes from, by the files of its folder. */
import { basename, dirname, join, resolve } from "node:path";
import type { ModelSpec } from "./model-spec.ts";

/** What generated files say about their checkpoint. */
export type Provenance = Pick<ModelSpec, "checkpoint" | "revision" | "license">;

/** A snapshot of the Hugging Face cache; an organisation's name has no `--`. */
const snapshot =
  /[\\/]models--([A-Za-z0-9][\w.-]*?)--([A-Za-z0-9][\w.-]*)[\\/]snapshots[\\/]([0-9a-f]{40})$/;

/**
 * The Hub id and the commit of a config.json in the Hugging Face cache, and the licence of the
 * model card beside it.
 */
export function provenanceOf(configFile: string, readFile: (path: string) => string): Provenance {
  if (basename(configFile) !== "config.json") return {};
  const [, organisation, name, revision] = snapshot.exec(resolve(dirname(configFile))) ?? [];
  const license = licenseOf(configFile, readFile);
  return {
    ...(revision !== undefined && { checkpoint: `${organisation}/${name}`, revision }),
    ...(license !== undefined && { license }),
  };
}

function licenseOf(configFile: string, readFile: (path: string) => string): string | undefined {
  let card: string;
  try {
    card = readFile(join(dirname(configFile), "README.md"));
  } catch {
    return undefined;
  }
  const [, matter] = /^---\r?\n([^]*?)\r?\n---\s*(?:\r?\n|$)/.exec(card) ?? [];
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*(["']?)([^\\r\\n#]*?)\\1[ \\t]*(?:#.*)?\\r?$`, "m")
      .exec(matter ?? "")?.[2]
      ?.slice(0, 100) || undefined;
  const license = field("license");
  // The Hub's word for a licence that it has no word for.
  return license === "other" ? (field("license_name") ?? license) : license;
}
