/** What the compiler made of the kernels: tiles in registers, wide instructions in their units. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";
import { nativeAddon } from "../support/native.ts";
import { units } from "../../runtime-native/scripts/units.mjs";
import { buildRunner } from "./build-runner.ts";

const here = hostCompiler !== undefined && process.arch === "x64";
const run = (program: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

interface Instruction {
  readonly address: number;
  readonly text: string;
}

/** Instructions of each function of an object, by its demangled name. */
function functionsOf(object: string): Map<string, Instruction[]> {
  const functions = new Map<string, Instruction[]>();
  let body: Instruction[] = [];
  for (const line of run("objdump", "-dC", "--no-show-raw-insn", object).split("\n")) {
    const head = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (head) functions.set(head[1]!, (body = []));
    const [, address, text] = /^ *([0-9a-f]+):\s+(.*)$/.exec(line) ?? [];
    if (address !== undefined) body.push({ address: Number.parseInt(address, 16), text: text! });
  }
  return functions;
}

/** The shortest loop that has the most of these instructions. */
function loopOf(body: readonly Instruction[], products: RegExp): readonly Instruction[] {
  let best: readonly Instruction[] = [];
  let most = 0;
  for (const [i, { address, text }] of body.entries()) {
    const target = Number.parseInt(/^j\w+\s+([0-9a-f]+)/.exec(text)?.[1] ?? "", 16);
    if (!(target <= address)) continue;
    const loop = body.slice(
      body.findIndex((one) => one.address === target),
      i + 1,
    );
    const count = loop.filter((one) => products.test(one.text)).length;
    if (count > most || (count === most && loop.length < best.length)) [best, most] = [loop, count];
  }
  return best;
}

describe.skipIf(!here)(`machine code ${needsGxx}`, { timeout: 300_000 }, () => {
  const objects = here ? buildRunner().objects : "";

  it.each([
    ["avx2", "Floats", /vfmadd\d+ps/],
    ["avx2", "Pairs", /vpmaddwd/],
    ["avx_vnni", "Quads", /vpdpbusd/],
    ["avx512", "Floats", /vfmadd\d+ps/],
    ["avx512", "Pairs", /vpmaddwd/],
    ["avx512_vnni", "Quads", /vpdpbusd/],
    ["avx512_bf16", "Bfloat16Pairs", /vdpbf16ps/],
  ] as const)("loops of %s's tiles of %s keep their sums in registers", (unit, kind, products) => {
    let found = 0;
    for (const [name, body] of functionsOf(join(objects, `${unit}.o`))) {
      const tile = /tile<.*?(\w+), .*?Rows\w+, (\d+), (\d+)>\(/.exec(name);
      if (!tile) continue;
      const loop = loopOf(body, products);
      const count = loop.filter(({ text }) => products.test(text)).length;
      if (tile[1] !== kind && !(kind === "Floats" && /^Widened/.test(tile[1]!))) continue;
      expect(count, name).toBe(Number(tile[2]) * Number(tile[3]));
      expect(
        loop.filter(({ text }) => /\(%r[sb]p/.test(text)).map(({ text }) => text),
        name,
      ).toEqual([]);
      found++;
    }
    // AVX2 has panels of one width, and six rows at most.
    expect(found).toBeGreaterThanOrEqual(6);
  });

  it("has no wide instruction outside the sets' units, and no shared function", () => {
    const owners = Object.keys(units.x64!).map((unit) => `${unit}.o`);
    for (const file of readdirSync(objects).filter((name) => name.endsWith(".o"))) {
      const object = join(objects, file);
      if (owners.includes(file)) {
        // What two units define, the linker keeps once, for whichever instruction set.
        expect(run("nm", "-C", object).match(/^\S* [WVuw] .*$/gm) ?? [], file).toEqual([]);
        continue;
      }
      const wide = [...functionsOf(object).values()]
        .flat()
        .filter(({ text }) => /%[yz]mm|\bv(?:mov|add|mul|fmadd)/.test(text));
      expect(wide, file).toEqual([]);
    }
    for (const unit of ["avx2", "avx_vnni"])
      for (const [name, body] of functionsOf(join(objects, `${unit}.o`)))
        expect(
          body.filter(({ text }) => /%zmm|%[xy]mm(?:1[6-9]|2\d|3[01])|%k\d/.test(text)),
          `${unit}: ${name}`,
        ).toEqual([]);
  });

  it("asks for no newer libraries than Node 20 does, and offers Node's functions alone", () => {
    const symbols = run("objdump", "-T", nativeAddon);
    const newest = (library: string, part: number): number =>
      Math.max(
        ...[...symbols.matchAll(new RegExp(`\\(${library}_([0-9.]+)\\)`, "g"))].map(([, version]) =>
          Number(version!.split(".")[part] ?? 0),
        ),
      );
    // Node's own: glibc 2.28, GCC 8's libstdc++.
    expect(newest("GLIBC", 1)).toBeLessThanOrEqual(28);
    expect(newest("GLIBCXX", 2)).toBeLessThanOrEqual(25);
    expect(
      symbols
        .match(/ g +D.*\S$/gm)!
        .map((line) => line.split(/\s+/).at(-1))
        .sort(),
    ).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
  });
});
