/** `sigil parity`: every kernel of every program against the float64 oracle. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lowerSpec } from "@sigil/compiler/internal";
import { syntheticTensor, writeSafetensors } from "@sigil/runtime/internal";
import { parseSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { parityError } from "../../cli/dist/parity/measure.js";
import { parityPage } from "../../cli/dist/parity/parity-page.js";
import { fixtures } from "../support/golden-cases.ts";
import { gpu, needsWebGpu } from "../support/webgpu.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-parity-"));
const spec = join(folder, "tiny.json");
const { config } = JSON.parse(readFileSync(join(fixtures, "models/tiny/case.json"), "utf8")) as {
  config: object;
};
writeFileSync(
  spec,
  JSON.stringify({
    name: "tiny",
    architecture: "siglip",
    config: { model_type: "siglip", ...config },
  }),
);
const sigil = (...args: readonly string[]) =>
  spawnSync(
    "node",
    [join(import.meta.dirname, "../../cli/dist/main.js"), "parity", spec, ...args],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
const lowered = lowerSpec(parseSpec(readFileSync(spec, "utf8"), { file: spec }));
const launches = lowered.reduce((sum, program) => sum + program.lowered.launches.length, 0);

interface Report {
  readonly rows: readonly {
    readonly program: string;
    readonly errors: Readonly<Record<string, number>>;
  }[];
  readonly past: number;
}

describe("sigil parity", () => {
  it("measures the CPU after every fused kernel", () => {
    const { status, stdout } = sigil("--json");
    const { rows, past } = JSON.parse(stdout) as Report;
    expect([status, rows.length, past]).toEqual([0, launches, 0]);
    for (const { errors } of rows) expect(errors.cpu).toBeLessThan(1e-5);
  });

  it.skipIf(!gpu)(
    `measures WebGPU beside it, and draws both ${needsWebGpu}`,
    { timeout: 180_000 },
    () => {
      const page = join(folder, "parity.html");
      const { status, stdout } = sigil("--backends", "cpu,webgpu", "--html", page);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^siglip-vision +cpu +webgpu$/m);
      expect(readFileSync(page, "utf8").match(/<polyline/g)).toHaveLength(2 * lowered.length);
    },
  );

  it("ends with 1 and names the first kernel past its bound", () => {
    const tensors = Object.assign(
      {},
      ...lowered.map((program) => program.lowered.tensors),
    ) as Record<string, readonly number[]>;
    const broken = Object.fromEntries(
      Object.entries(tensors).map(([name, shape]) => {
        const data = syntheticTensor(name, shape, 1);
        if (name.endsWith("layers.1.mlp.fc1.bias")) data[0] = NaN;
        return [name, { dtype: "F32" as const, shape, data }];
      }),
    );
    const file = join(folder, "broken.safetensors");
    writeFileSync(file, writeSafetensors(broken));
    const { status, stderr } = sigil("--weights", file);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /exceed the tolerance, first siglip-\w+ \d+ \(\w+_model\.encoder\.layers\.1\.mlp\.fc1/,
    );
  });

  it("refuses a backend that it does not know", () => {
    expect(sigil("--backends", "cpu,metal")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /expected names of cpu, native, webgpu, cuda, cuda-emulated, received "metal"/,
      ),
    });
  });

  it("an error is a part of the largest magnitude, and NaN for NaN", () => {
    expect(parityError([1, 2], [1, 4])).toBe(0.5);
    expect(parityError([0.5], [0.25])).toBe(0.25);
    expect(parityError([NaN, 1], [1, 1])).toBeNaN();
    expect(
      parityPage(
        "x",
        [{ program: "p", launch: 0, family: "map", origins: ["<a>"], errors: { cpu: NaN } }],
        { cpu: 1 },
      ),
    ).toMatch(/&lt;a&gt;.*NaN past its bound/s);
  });
});
