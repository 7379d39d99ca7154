import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { printed, runSigil } from "../support/sigil.ts";

const model = join(fixtures, "checkpoints/siglip-shapes");
interface Expected {
  readonly images: readonly {
    readonly file: string;
    readonly sets: readonly {
      readonly labels: readonly string[];
      readonly logits: readonly number[];
      readonly probabilities: readonly number[];
    }[];
  }[];
}
const expected = JSON.parse(readFileSync(join(model, "expected.json"), "utf8")) as Expected;

it("classifies every sample picture of siglip-shapes as transformers does", async () => {
  const files = expected.images.map(({ file }) => join(model, file));
  const sets = expected.images[0]!.sets.length;
  for (let set = 0; set < sets; set++) {
    const { labels } = expected.images[0]!.sets[set]!;
    for (const image of expected.images) expect(image.sets[set]!.labels).toEqual(labels);
    const output = await printed([
      "classify",
      ...files,
      "--labels",
      labels.join(","),
      "--model",
      model,
      "--json",
    ]);
    const results = JSON.parse(output) as { labels: { label: string; score: number }[] }[];
    expected.images.forEach((image, i) =>
      // The bar; probabilities are stored with seven digits.
      image.sets[set]!.labels.forEach((label, k) =>
        expect(
          Math.abs(
            results[i]!.labels.find((r) => r.label === label)!.score -
              image.sets[set]!.probabilities[k]!,
          ),
          `${image.file} ${label}`,
        ).toBeLessThan(1e-4),
      ),
    );
  }
}, 120_000);

it("says what is wrong and exits with 1 or 2", async () => {
  const run = (...args: string[]) => runSigil(args);
  const missing = await run(
    "classify",
    join(model, "config.json"),
    "--labels",
    "a",
    "--model",
    model,
  );
  expect([missing.status, missing.stderr]).toEqual([
    1,
    expect.stringContaining("expected a picture"),
  ]);
  expect((await run("classify", "x.png")).status).toBe(2);
  expect((await run("inspect", join(fixtures, "no-such-folder"))).status).toBe(1);
  expect((await run("--help")).status).toBe(0);
  expect(JSON.parse((await run("doctor", "--json")).stdout)).toContainEqual({
    name: "cpu",
    available: true,
    detail: expect.stringContaining("WebAssembly SIMD"),
  });
});
