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

/** Path of a model spec of this package by its name, such as `siglip-base-patch16-224`. */
export function specPath(name: string): string {
  return fileURLToPath(new URL(`models/${name}.json`, root));
}

/** Names of the model specs of this package, sorted. */
export function listModelSpecs(): string[] {
  const files = readdirSync(new URL("models/", root)).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}
