/** `sigil tune`: measures, checks results, and writes a table that compiles. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, kernelFeatures, kernelSetName, tuningOf } from "@sigil/compiler/internal";
import { DeviceHolder, offeredFeatures } from "@sigil/runtime-webgpu";
import { loadSpec, loadTuning, specPath } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { tunedProblems } from "../../cli/dist/tune/tuned-problems.js";
import { disagreement, tune } from "../../cli/dist/tune/tune.js";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-tune-"));
const spec = specPath("siglip-shapes");
const sigil = (...args: readonly string[]) =>
  spawnSync("node", [join(import.meta.dirname, "../../cli/dist/main.js"), ...args], {
    encoding: "utf8",
  });

it("takes no result that differs from that of Sigil's own choice", () => {
  const expected = [Float32Array.of(1, -2, 3)];
  expect(disagreement([Float32Array.of(1, -2, 3.00001)], expected)).toBeUndefined();
  expect(disagreement([Float32Array.of(1, -2, 3.1)], expected)).toMatch(/differs .* by 3\.33e-2/);
  expect(disagreement([Float32Array.of(1, NaN, 3)], expected)).toMatch(/NaN/);
});

it("leaves a table that it cannot read as it is, and says where its fault is", () => {
  const file = join(folder, "broken.json");
  writeFileSync(file, '{\n  "version": 1,\n  "clases": {}\n}\n');
  const { status, stderr } = sigil("tune", spec, "--out", file, "--seconds", "1");
  expect([status, readFileSync(file, "utf8")]).toEqual([
    1,
    '{\n  "version": 1,\n  "clases": {}\n}\n',
  ]);
  expect(stderr).toMatch(/broken\.json:3:3/);
  expect(
    sigil("compile", spec, "--target", "webgpu", "--tuning", file, "--out", join(folder, "out")),
  ).toMatchObject({ status: 1, stderr: expect.stringMatching(/broken\.json:3:3/) });
  expect(existsSync(join(folder, "out"))).toBe(false);
});

describe.skipIf(!gpu)(`on an adapter ${needsWebGpu}`, { timeout: 300_000 }, () => {
  it("measures candidates in turns with Sigil's choice, each with the right result", async () => {
    const holder = new DeviceHolder([], { gpu: gpu! });
    const held = await holder.get();
    const offered = offeredFeatures(held.device);
    const features = kernelFeatures.filter((feature) => offered.has(feature));
    // Norms: their shaders compile in a tenth of a second.
    const problems = tunedProblems(loadSpec(spec), tuningOf(held.kind, features), [
      "siglip-vision",
    ]).filter(({ launch }) => launch.problem.family === "row_reduce");
    const seen: number[] = [];
    const report = (done: number): void => void seen.push(done);
    const set = kernelSetName(held.kind, features);
    // A clock that stands still, so that no machine is too slow for all of them; then one that has
    // struck.
    const results = await tune(problems.slice(1), held, set, features, {
      seconds: 1,
      report,
      now: () => 0,
    });
    let time = 0;
    const late = await tune(problems, held, set, features, {
      seconds: 1,
      report: () => {},
      now: () => (time += 600),
    });
    await holder.close();
    expect(problems.map(({ count }) => count)).toEqual([11, 1]);
    expect(late.map(({ measured, best }) => [measured, best])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    for (const { measured, candidates, refused, own, best } of results) {
      expect([measured, refused]).toEqual([candidates, []]);
      expect(own).toBeGreaterThan(0);
      if (best) expect(best.microseconds).toBeLessThan(best.own);
    }
    expect(seen.length).toBeGreaterThan(candidatesOf(results));
  });

  it("writes what it found beside what the file has, and compile takes it", async () => {
    const file = join(folder, "tuning.json");
    const kept = {
      adapter: "a card",
      gemm: [],
      attention: [],
      rowReduce: [{ kind: "layer_norm", rows: 256, width: 128, config: { lanes: 16 } }],
    };
    writeFileSync(file, JSON.stringify({ version: 1, classes: { desktop: kept } }));
    const { status, stdout, stderr } = sigil(
      "tune",
      spec,
      "--program",
      "siglip-scores",
      "siglip-text",
      "--out",
      file,
      "--seconds",
      "1",
      "--json",
    );
    expect([status, stderr.replaceAll(/^Warning.*\n/gm, "")]).toEqual([0, ""]);
    const { class: kind, problems } = JSON.parse(stdout) as {
      class: "software";
      problems: { candidates: number; launches: number }[];
    };
    for (const { candidates, launches } of problems)
      expect(Math.min(candidates, launches)).toBeGreaterThan(0);
    const table = loadTuning(file);
    expect(table.classes.desktop).toEqual(kept);
    expect(table.classes[kind]).toMatchObject({ adapter: expect.any(String) });
    const tuned = await compile({ ...loadSpec(spec), targets: ["webgpu"], tuning: table });
    expect(
      Object.values(tuned.webgpu!.kernels.desktop).some(({ code }) =>
        /16 threads a row/.test(code),
      ),
    ).toBe(true);
  });
});

const candidatesOf = (results: readonly { readonly candidates: number }[]): number =>
  results.reduce((sum, { candidates }) => sum + candidates, 0);
