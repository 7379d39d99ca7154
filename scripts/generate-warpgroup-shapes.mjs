// Writes runtime-cuda/device/platform/warpgroup_shapes.cuh: wgmma.mma_async for the shapes that
// kernels use, since its assembly names every register of its sums. With --check, fails if the file
// would change.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * n of products with both operands in shared memory, and of those with A in registers (the head
 * widths).
 */
const inShared = Array.from({ length: 16 }, (_, i) => 16 * (i + 1));
const inRegisters = [64, 72, 96];
const types = ["f16", "bf16"];

const range = (count, text) => Array.from({ length: count }, (_, i) => text(i));
const sums = (n) => `{${range(n / 2, (i) => `%${i}`).join(", ")}}`;

function instruction(type, n, a) {
  const first = n / 2;
  const operands =
    a === "shared"
      ? [`%${first}`, `%${first + 1}`]
      : [`{%${first}, %${first + 1}, %${first + 2}, %${first + 3}}`, `%${first + 4}`];
  const flag = first + (a === "shared" ? 2 : 5);
  const transposed = a === "shared" ? `0, %${flag + 1}` : `%${flag + 1}`;
  return (
    `    asm volatile("{\\n.reg .pred p;\\nsetp.ne.b32 p, %${flag}, ` +
    `0;\\nwgmma.mma_async.sync.aligned.m64n${n}k16.f32.${type}.${type} " SIGIL_SUMS_${n}\n` +
    `      ", ${operands.join(", ")}, p, 1, 1, ${transposed};\\n}"\n`
  );
}

function shape(type, n) {
  const held = `SIGIL_HELD_${n}(sums)`;
  const method = (a, kind, values) =>
    "  template <int b_transposed> SIGIL_DEVICE static void " +
    `multiply(float (&sums)[${n / 2}], ${a}, uint64_t b, int accumulate) {\n` +
    `${instruction(type, n, kind)}      : ${held} : ${values}, ` +
    `"l"(b), "r"(accumulate), "n"(b_transposed));\n  }\n`;
  const shared = inShared.includes(n) ? method("uint64_t a", "shared", `"l"(a)`) : "";
  const registers = inRegisters.includes(n)
    ? method("const uint32_t (&a)[4]", "registers", `"r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3])`)
    : "";
  return `template <> struct WarpgroupShape<${type}, ${n}> {\n${shared}${registers}};\n`;
}

const shapes = [...new Set([...inShared, ...inRegisters])].sort((x, y) => x - y);
const defines = (n) =>
  `#define SIGIL_SUMS_${n} "${sums(n)}"\n` +
  `#define SIGIL_HELD_${n}(s) ${range(n / 2, (i) => `"+f"(s[${i}])`).join(", ")}\n`;
const multiply = (a) =>
  "template <class T, int n, int b_transposed> SIGIL_DEVICE void " +
  `warpgroup_multiply(float (&sums)[n / 2], ${a}, uint64_t b, bool accumulate) { ` +
  "WarpgroupShape<T, n>::template multiply<b_transposed>(sums, a, b, accumulate); }";
const origin =
  "// Written by scripts/generate-warpgroup-shapes.mjs: wgmma.mma_async.m64nNk16, float32 sums. " +
  "PTX ISA 9.7.15.5.";
const text = `${origin}
#pragma once
#include "platform/numbers.cuh"

${shapes.map(defines).join("")}
namespace sigil {

template <class T, int n> struct WarpgroupShape;
${shapes.flatMap((n) => types.map((type) => shape(type, n))).join("")}
/// Starts sums (64 by n, replaced if not accumulate) += A B^T with K = 16, A and B by descriptor.
/// b_transposed: 0 if B is stored [n, k], 1 if [k, n].
${multiply("uint64_t a")}
/// The same with A in registers: rows l / 4 and l / 4 + 8 of the warp's 16, columns 2 (l % 4) and
/// that + 8, two each.
${multiply("const uint32_t (&a)[4]")}

}  // namespace sigil

${shapes.map((n) => `#undef SIGIL_SUMS_${n}\n#undef SIGIL_HELD_${n}\n`).join("")}`;

const file = new URL("../runtime-cuda/device/platform/warpgroup_shapes.cuh", import.meta.url);
const formatted = execFileSync(
  "npx",
  ["clang-format", `--assume-filename=${fileURLToPath(file)}`],
  { input: text, encoding: "utf8", shell: process.platform === "win32" },
);
if (!process.argv.includes("--check")) writeFileSync(file, formatted);
else if (readFileSync(file, "utf8") !== formatted) {
  console.error("warpgroup_shapes.cuh is stale: run node scripts/generate-warpgroup-shapes.mjs");
  process.exitCode = 1;
}
