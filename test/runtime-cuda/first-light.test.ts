/** The command that a card is asked first, on the emulated driver. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostCompiler, needsGxx } from "../support/gxx.ts";

const script = join(import.meta.dirname, "../../scripts/gpu/first-light.sh");
const out = mkdtempSync(join(tmpdir(), "sigil-first-light-"));
afterAll(() => rmSync(out, { recursive: true }));

const firstLight = (...args: string[]) =>
  spawnSync(script, ["--emulated", "--out", out, ...args], { encoding: "utf8" });
const status = (): string[][] =>
  readFileSync(join(out, "status.tsv"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));

describe.skipIf(!hostCompiler)(`first light ${needsGxx}`, { timeout: 300_000 }, () => {
  it("ends a step at its limit, names it, and runs it again with --rest", () => {
    const cut = firstLight("--seconds", "6", "--only", "towers-first");
    expect(cut.status).toBe(1);
    expect(status()[0]!.slice(0, 2)).toEqual([
      "towers-first",
      expect.stringMatching(/^ended after \d s$/),
    ]);
    const rest = firstLight("--rest", "--seconds", "200", "--only", "towers-first");
    expect([rest.status, rest.stderr]).toEqual([0, ""]);
    expect(rest.stdout).toMatch(/^towers-first +ok /m);
    expect(rest.stdout).toMatch(/^\| siglip-shapes\.vision \| 1 \|/m);
    // The summary, and a line for each step as it ended.
    expect(rest.stdout.length).toBeLessThan(10_500);
  });

  it("finds every unit kernel as the manual says", () => {
    const list = spawnSync("node", [join(script, "../../../bench/gpu/units.mjs"), "--list"], {
      encoding: "utf8",
    });
    const names = list.stdout.trim().split("\n");
    expect(names.length).toBeGreaterThan(12);
    const { stdout } = spawnSync(
      "node",
      [join(script, "../../../bench/gpu/units.mjs"), "--emulated"],
      { encoding: "utf8" },
    );
    for (const name of names) expect(stdout).toMatch(new RegExp(`^ok +${name} `, "m"));
  });

  it("refuses an option that it does not know", () => {
    expect(firstLight("--fast")).toMatchObject({ status: 2 });
  });
});
