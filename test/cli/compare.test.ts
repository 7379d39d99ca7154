import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveSafetensors } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { printed, runSigil } from "../support/sigil.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "sigil-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [a, b] = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
const float = (shape: number[], ...values: number[]) => ({
  dtype: "F32" as const,
  shape,
  data: Float32Array.from(values),
});
const run = (...args: string[]) => runSigil(["compare", a, b, ...args]);

describe("sigil compare", () => {
  it("finds the worst element of each tensor, and what is missing or misshapen", async () => {
    await saveSafetensors(
      a,
      new Map([
        ["far", float([2, 2], 1, 2, 3, 4)],
        ["same", float([1], 5)],
        ["zero", float([2], 0, 0)],
        ["gone", float([1], 1)],
        ["turned", float([1, 2], 1, 2)],
        ["odd", float([3], NaN, Infinity, 1)],
      ]),
    );
    await saveSafetensors(
      b,
      new Map([
        ["far", float([2, 2], 1, 2, 3.5, 4)],
        ["same", float([1], 5)],
        ["zero", float([2], 0, 0)],
        ["new", float([1], 1)],
        ["turned", float([2, 1], 1, 2)],
        ["odd", float([3], NaN, -Infinity, 1)],
      ]),
    );
    const { status, stdout } = await run("--json");
    expect(status).toBe(1);
    const rows = new Map((JSON.parse(stdout) as { name: string }[]).map((row) => [row.name, row]));
    expect(rows.get("far")).toMatchObject({
      maxError: 0.5,
      meanError: 0.125,
      worst: { index: [1, 0], a: 3, b: 3.5 },
      cosine: expect.closeTo(31.5 / Math.sqrt(30 * 33.25), 6),
    });
    expect(rows.get("same")).toMatchObject({ maxError: 0, cosine: 1 });
    expect(rows.get("zero")).toMatchObject({ maxError: 0, cosine: 1 });
    expect(rows.get("gone")).toMatchObject({ problem: `only in ${a}` });
    expect(rows.get("new")).toMatchObject({ problem: `only in ${b}` });
    expect(rows.get("turned")).toMatchObject({ problem: "[1, 2] against [2, 1]" });
    expect(rows.get("odd")).toMatchObject({ maxError: null });
    expect((await run("--sort", "error")).stdout.split("\n")[1]).toMatch(/gone|turned|new|odd/);
  });
  it("exits with 1 past a tolerance, 0 within, 2 on wrong use", async () => {
    await saveSafetensors(a, new Map([["x", float([2], 1, 2)]]));
    await saveSafetensors(b, new Map([["x", float([2], 1, 2.25)]]));
    expect([
      (await run()).status,
      (await run("--tolerance", "0.25")).status,
      (await run("--tolerance", "0.2")).status,
      (await run("--tolerance", "x")).status,
    ]).toEqual([0, 0, 1, 2]);
    await saveSafetensors(b, new Map([["x", float([2], 1, NaN)]]));
    expect((await run("--tolerance", "1e30")).status).toBe(1);
  });
});

it("docs/catalogue.md is what sigil catalogue prints", async () => {
  const table = await printed(["catalogue"]);
  expect(table).toContain("| siglip-base-patch16-224 | 203,155,970 | 35.4 |");
  expect(readFileSync(join(root, "docs/catalogue.md"), "utf8")).toContain(table);
}, 120_000);
