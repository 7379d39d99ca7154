import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixtures } from "../support/golden-cases.ts";

const folder = join(fixtures, "checkpoints/siglip-shapes/samples");

/** The files of the first pictures of siglip-shapes. */
export const sampleFiles = (count: number): Uint8Array<ArrayBuffer>[] =>
  readdirSync(folder)
    .sort()
    .slice(0, count)
    .map((name) => Uint8Array.from(readFileSync(join(folder, name))));
