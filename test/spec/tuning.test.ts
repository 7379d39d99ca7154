/** Tuning tables: what is accepted, and where a fault is said to be. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DiagnosticError,
  loadSpec,
  loadTuning,
  parseSpec,
  parseTuning,
  specPath,
  type Diagnostic,
} from "@sigil/spec";
import { expect, it } from "vitest";

const gemm = {
  rows: 196,
  columns: 768,
  depth: 768,
  input: "rows",
  storage: "float32",
  config: { threads: [8, 8], quads: 2, rows: 4, staged: 4 },
};
const attention = {
  queries: 729,
  keys: 729,
  headSize: 72,
  config: { kind: "flash", threads: 64, keys: 16 },
};
const rowReduce = { kind: "layer_norm", rows: 196, width: 768, config: { lanes: 64 } };
const table = (own: object) =>
  JSON.stringify(
    {
      version: 1,
      classes: {
        desktop: {
          adapter: "a card",
          gemm: [gemm],
          attention: [attention],
          rowReduce: [rowReduce],
          ...own,
        },
      },
    },
    undefined,
    2,
  );

function diagnose(text: string): Diagnostic[] {
  try {
    parseTuning(text, { file: "tuning.json" });
    return [];
  } catch (error) {
    return (error as DiagnosticError).diagnostics as Diagnostic[];
  }
}

it("takes a table of every family", () => {
  expect(
    parseTuning(table({}), { file: "tuning.json" }).classes.desktop!.attention[0]!.config,
  ).toEqual({ kind: "flash", threads: 64, keys: 16 });
});

it.each([
  [
    "a class that is none",
    JSON.stringify({ version: 1, classes: { desktops: {} } }),
    "/classes/desktops",
    "unknown-key",
    /desktops/,
  ],
  [
    "another version",
    JSON.stringify({ version: 2, classes: {} }),
    "/version",
    "invalid-value",
    /version/,
  ],
  [
    "more threads than a workgroup has",
    table({ gemm: [{ ...gemm, config: { threads: [32, 16], quads: 1, rows: 1, staged: 0 } }] }),
    "/classes/desktop/gemm/0/config/threads",
    "out-of-range",
    /512 threads exceeds WebGPU's 256/,
  ],
  [
    "more memory than a workgroup has",
    table({ gemm: [{ ...gemm, config: { threads: [16, 16], quads: 2, rows: 8, staged: 8 } }] }),
    "/classes/desktop/gemm/0/config",
    "out-of-range",
    /34816 bytes of workgroup memory and WebGPU guarantees 16384/,
  ],
  [
    "rows that cannot be broadcast",
    table({ gemm: [{ ...gemm, config: { ...gemm.config, broadcast: true } }] }),
    "/classes/desktop/gemm/0/config/broadcast",
    "invalid-value",
    /nothing is staged/,
  ],
  [
    "keys that do not fit",
    table({ attention: [{ ...attention, config: { kind: "flash", threads: 64, keys: 32 } }] }),
    "/classes/desktop/attention/0/config",
    "out-of-range",
    /stage|bytes of workgroup memory/,
  ],
  [
    "threads that are no power of two",
    table({ attention: [{ ...attention, config: { kind: "row", threads: 48 } }] }),
    "/classes/desktop/attention/0/config/threads",
    "invalid-value",
    /power of two, not 48/,
  ],
  [
    "threads fewer than a head's vectors",
    table({ attention: [{ ...attention, config: { kind: "row", threads: 16 } }] }),
    "/classes/desktop/attention/0/config/threads",
    "out-of-range",
    /at least 18 threads, not 16/,
  ],
  [
    "lanes that are no power of two",
    table({ rowReduce: [{ ...rowReduce, config: { lanes: 48 } }] }),
    "/classes/desktop/rowReduce/0/config/lanes",
    "invalid-value",
    /48/,
  ],
  [
    "a problem twice",
    table({ gemm: [gemm, { ...gemm, config: { ...gemm.config, rows: 8 } }] }),
    "/classes/desktop/gemm/1",
    "duplicate-entry",
    /already/,
  ],
] as const)("finds %s where it is", (_, text, pointer, code, message) => {
  const found = diagnose(text);
  expect(found).toMatchObject([
    { file: "tuning.json", pointer, code, message: expect.stringMatching(message) },
  ]);
  expect(found[0]!.line).toBeGreaterThan(0);
});

it("is named by a spec, relative to it, and missing files and faults are located", () => {
  const folder = mkdtempSync(join(tmpdir(), "sigil-tuning-"));
  writeFileSync(join(folder, "tuning.json"), table({}));
  const { config } = loadSpec(specPath("siglip-shapes"));
  const spec = (tuning: string) =>
    parseSpec(
      JSON.stringify({
        name: "x",
        architecture: "siglip",
        config: {
          model_type: "siglip",
          text_config: config.text_config,
          vision_config: config.vision_config,
        },
        tuning,
      }),
      { file: join(folder, "spec.json") },
    );
  expect(spec("./tuning.json").tuning).toEqual(loadTuning(join(folder, "tuning.json")));
  expect(() => spec("./other.json")).toThrow(/cannot read `\.\/other\.json`/);
  expect(() => loadTuning(join(folder, "other.json"))).toThrow(DiagnosticError);
});
