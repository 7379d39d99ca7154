// Writes runtime/src/image/resize-module.ts from resize.wat; with --check, fails if it would
// change.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const source = new URL("../runtime/src/image/resize.wat", import.meta.url);
const target = new URL("../runtime/src/image/resize-module.ts", import.meta.url);
const module = (await wabt()).parseWat("resize.wat", readFileSync(source, "utf8"), { simd: true });
const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
const lines = base64.match(/.{1,92}/g).map((part) => `  "${part}"`);
const text =
  "/** resize.wat, assembled by scripts/assemble-resize.mjs. */\n" +
  `export const resizeModule =\n${lines.join(" +\n")};\n`;
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error(
    "runtime/src/image/resize-module.ts is stale: run node scripts/assemble-resize.mjs",
  );
  process.exitCode = 1;
}
