import { readFileSync } from "node:fs";

const folder = new URL("../../fixtures/tokenizer/", import.meta.url);

/** The bytes of a tokenizer fixture. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

/** A JSON fixture. */
export function json<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T;
}

/** The rows of a JSON Lines fixture. */
export function rows<T>(name: string): T[] {
  return readFileSync(new URL(name, folder), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
