/** Schemas, generated types and documents: what must not drift apart. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  DiagnosticError,
  listArchitectures,
  loadArchitecture,
  loadSpec,
  parseArchitecture,
  parsePlan,
  parseSpec,
  specPath,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

it("types are what the schemas generate", () => {
  execFileSync("node", [join(root, "scripts/generate-types.mjs"), "--check"], { stdio: "pipe" });
});

describe("architecture documents", () => {
  for (const name of listArchitectures())
    it(`${name} fits its schema`, () =>
      expect(loadArchitecture(name).architecture.name).toBe(name));
  it("suggest the nearest architecture", () => {
    expect(() => loadArchitecture("siglip-vison")).toThrow(DiagnosticError);
    const { diagnostics } = catching(() => loadArchitecture("siglip-vison"));
    expect(diagnostics[0]!.help).toContain("siglip-vision");
  });
  it("point into their file when a config does not fit them", async () => {
    const config = {
      vision_config: { hidden_size: 32, num_attention_heads: 1, image_size: 32, patch_size: 8 },
    };
    const document = JSON.parse(readFileSync(join(root, "examples/tour/gated.json"), "utf8"));
    document.steps[1].weights.weight.shape = ["hidden_size", 5];
    const { writeFileSync, mkdtempSync } = await import("node:fs");
    const folder = mkdtempSync("/tmp/sigil-document-");
    writeFileSync(join(folder, "bad.json"), JSON.stringify(document, undefined, 2));
    const spec = parseSpec(JSON.stringify({ name: "x", architecture: "./bad.json", config }), {
      file: join(folder, "spec.json"),
    });
    const error = await compile(spec).catch((e: unknown) => e as DiagnosticError);
    expect(error).toBeInstanceOf(DiagnosticError);
    expect((error as DiagnosticError).diagnostics[0]).toMatchObject({
      code: "invalid-architecture",
      message: "the input has 192 channels, the weight takes 5",
      pointer: "/steps/1",
      line: expect.any(Number),
    });
  });
});

describe("plans", () => {
  it("fit their schema, whatever they hold", async () => {
    const base = loadSpec(specPath("siglip-shapes"));
    for (const spec of [
      base,
      { ...base, hiddenStates: true, attentions: [0] },
      { ...base, interpolatePosEncoding: "run-time" as const },
      { ...base, interpolatePosEncoding: true, imageSize: { height: 40, width: 72 } },
      { ...base, outputs: ["pooler_output"] },
    ]) {
      const { plan } = await compile(spec);
      expect(parsePlan(JSON.stringify(plan), { file: "plan.json" })).toEqual(
        JSON.parse(JSON.stringify(plan)),
      );
    }
  });
  it("are refused with every problem", () => {
    const plan = JSON.parse(readFileSync(join(root, "generated/siglip-shapes/plan.json"), "utf8"));
    plan.programs[0].launches[0].kernal = "x";
    plan.programs[1].weightBytes = -1;
    delete plan.storage;
    const { diagnostics } = catching(() =>
      parsePlan(JSON.stringify(plan, undefined, 1), { file: "plan.json" }),
    );
    expect(diagnostics.map(({ code }) => code).sort()).toEqual([
      "missing-key",
      "out-of-range",
      "unknown-key",
    ]);
  });
});

it("documents are checked for names that nobody defines", () => {
  const step = (name: string, more: object) => ({ name, ...more });
  const document = {
    name: "d",
    symbols: { image_batch: "image" },
    inputs: { x: { dtype: "float32", shape: ["image_batch", 4] } },
    blocks: {
      a: { inputs: ["x"], steps: [step("y", { block: "b", inputs: ["x"] })], output: "y" },
      b: { inputs: ["x"], steps: [step("y", { block: "a", inputs: ["x"] })], output: "z" },
    },
    steps: [
      step("p", { block: "a", inputs: ["x"] }),
      step("q", { block: "c", inputs: ["xx"] }),
      step("r", { op: "add", inputs: ["p", "s"] }),
    ],
    outputs: { out: "rr" },
  };
  const { diagnostics } = catching(() =>
    parseArchitecture(JSON.stringify(document, undefined, 2), { file: "d.json" }),
  );
  expect(diagnostics.map(({ code, pointer }) => [code, pointer])).toEqual(
    expect.arrayContaining([
      ["cyclic-block", "/blocks/a"],
      ["cyclic-block", "/blocks/b"],
      ["unknown-value", "/blocks/b/output"],
      ["unknown-block", "/steps/1/block"],
      ["unknown-value", "/steps/1/inputs/0"],
      ["unknown-value", "/steps/2/inputs/1"],
      ["unknown-value", "/outputs/out"],
    ]),
  );
});

function catching(task: () => unknown): DiagnosticError {
  try {
    task();
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
  return expect.fail("expected a DiagnosticError");
}
