import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/**
 * Reads a JSON document of this package, such as `schema/siglip.schema.json` or
 * `architectures/siglip.json`.
 */
export function readPackageJson(relative: string): unknown {
  return JSON.parse(readFileSync(new URL(relative, root), "utf8"));
}

/** The path of a model spec in this package, by a name such as `siglip-base-patch16-224`. */
export function specPath(name: string): string {
  return fileURLToPath(new URL(`models/${name}.json`, root));
}

/** The sorted names of the model specs in this package. */
export function listModelSpecs(): string[] {
  const files = readdirSync(new URL("models/", root)).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}
