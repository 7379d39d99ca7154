/**
 * What a checkpoint's tokenizer_config.json asks for reaches the model: probabilities of
 * transformers 5.18 for the same folder (SiglipTokenizer with padding "max_length" and truncation,
 * SiglipImageProcessorPil, SiglipModel in float32).
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { printed } from "../support/sigil.ts";

const shapes = join(fixtures, "checkpoints/siglip-shapes");
const folder = mkdtempSync(join(tmpdir(), "sigil-tokenizer-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { model_input_names: _, ...unnamed } = JSON.parse(
  readFileSync(join(shapes, "tokenizer_config.json"), "utf8"),
) as Record<string, unknown>;
const named = { ...unnamed, model_input_names: ["input_ids"] };

it.each([
  ["16 tokens, as published", named, [0.37176090478897095, 6.286984444159316e-8]],
  // Below max_position_embeddings, 16: compiled for 8.
  ["8 tokens", { ...named, model_max_length: 8 }, [0.007426667958498001, 8.084718956524739e-7]],
  ["a mask", unnamed, [0.4717891812324524, 7.681289559968718e-8]],
  ["left padding", { ...named, padding_side: "left" }, [0.23690280318260193, 2.617244092562032e-7]],
  [
    "left truncation",
    { ...named, model_max_length: 8, truncation_side: "left" },
    [0.013375721871852875, 1.901342159271735e-7],
  ],
])("classifies with %s", { timeout: 60_000 }, async (_, config, expected) => {
  cpSync(shapes, folder, { recursive: true });
  writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  const output = await printed([
    ...["classify", join(shapes, "samples/red-circle.png"), "--json"],
    ...["--labels", "a red circle,a blue square", "--model", folder],
  ]);
  const [{ labels }] = JSON.parse(output) as [{ labels: { label: string; score: number }[] }];
  // Float32 arithmetic in another order; the next closest configuration is 0.006 away.
  labels.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i]!, 5));
});
