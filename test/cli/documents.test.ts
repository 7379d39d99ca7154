/** `sigil run` on documents of one's own: any inputs, under the document's names. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors, syntheticTensor } from "@sigil/runtime/internal";
import { openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { printed, runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-documents-"));
const at = (name: string): string => join(folder, name);
const run = (...args: string[]) => runSigil(args);
afterAll(() => rmSync(folder, { recursive: true }));

/** Tokens and the rows of a table that the caller chooses for them, as Idefics does. */
const document = {
  name: "rows",
  symbols: { batch: "image" },
  inputs: {
    tokens: { dtype: "float32", shape: ["batch", 3, 4] },
    position_ids: { dtype: "int32", shape: ["batch", 3] },
  },
  steps: [
    {
      name: "positions",
      op: "embedding",
      inputs: ["position_ids"],
      weights: { weight: { name: "table", shape: [5, 4] } },
    },
    { name: "sum", op: "add", inputs: ["tokens", "positions"] },
  ],
  outputs: { sum: "sum" },
};
const tokens = Float32Array.from({ length: 24 }, (_, i) => i / 8);
const ids = [4, 0, 2, 2, 1, 3];

const save = (file: string, dtype: "I64" | "I32" | "F32", rows: readonly number[]) =>
  saveSafetensors(
    at(file),
    new Map<string, { dtype: typeof dtype; shape: readonly number[]; data: ArrayBufferView }>([
      ["tokens", { dtype: "F32", shape: [2, 3, 4], data: tokens }],
      [
        "position_ids",
        {
          dtype,
          shape: [2, 3],
          data:
            dtype === "I64"
              ? BigInt64Array.from(rows, BigInt)
              : dtype === "I32"
                ? Int32Array.from(rows)
                : Float32Array.from(rows),
        },
      ],
    ]),
  );
const runWith = (file: string, ...more: string[]) =>
  run(
    ...["run", at("spec.json"), "--weights", at("w"), "--inputs", at(file)],
    ...["--outputs", at("out"), ...more],
  );

beforeAll(async () => {
  writeFileSync(at("rows.json"), JSON.stringify(document));
  writeFileSync(
    at("spec.json"),
    JSON.stringify({ name: "rows", architecture: "./rows.json", config: {} }),
  );
  await printed(["weights", "--synthetic", "3", at("spec.json"), "--out", at("w")]);
});

it.each(["cpu", "reference"])(
  "sigil run takes integers of any width where the document has int32, on %s",
  async (backend) => {
    const table = syntheticTensor("table", [5, 4], 3);
    const expected = tokens.map((x, i) => x + table[ids[Math.floor(i / 4)]! * 4 + (i % 4)]!);
    for (const dtype of ["I32", "I64"] as const) {
      await save("in", dtype, ids);
      expect(await runWith("in", "--backend", backend)).toMatchObject({ status: 0 });
      const found = await openSafetensors(await openFileSource(at("out")));
      expect(scaledError(await found.readFloat32("sum"), expected)).toBeLessThan(1e-7);
      await found.close();
    }
  },
  60_000,
);

it("sigil run refuses other values for int32, and names the input", async () => {
  await save("floats", "F32", ids);
  expect((await runWith("floats")).stderr).toMatch(
    /position_ids: expected 32-bit integers, received F32/,
  );
  await save("large", "I64", [2 ** 40, 0, 0, 0, 0, 0]);
  expect((await runWith("large")).stderr).toMatch(
    /position_ids: expected 32-bit integers, received 1099511627776/,
  );
  await save("outside", "I64", [5, 0, 0, 0, 0, 0]);
  const outside = await runWith("outside");
  expect([outside.status, outside.stderr]).toEqual([1, expect.stringContaining("5")]);
}, 60_000);
