/** Towers that take the nearest rows of the position table, as SmolVLM's (transformers 5.18). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bufferSource,
  InputError,
  nearestPositions,
  openSafetensors,
  SiglipVisionModel,
} from "@sigil/runtime/internal";
import { openCheckpoint } from "@sigil/runtime/node";
import { loadSpec, parseSpec } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { fixtures, scaledError } from "../support/golden-cases.ts";
import { wildBackends } from "../support/wild-backends.ts";
import { wildFolder, wildPixels } from "../support/wild-cases.ts";

const folder = wildFolder("smolvlm");
const spec = loadSpec(folder, { tower: "vision" });
describe.each(wildBackends)(
  "positions go to the nearest row of the table, on $name",
  ({ here, tolerance, open }) => {
    it.skipIf(!here)("for whole and masked pictures", { timeout: 120_000 }, async () => {
      const checkpoint = await openCheckpoint(folder);
      const file = readFileSync(join(folder, "outputs.safetensors"));
      const outputs = await openSafetensors(bufferSource(file, "outputs.safetensors"));
      const session = await open({ spec, checkpoint });
      const pixelValues = wildPixels(81);
      const whole = await new SiglipVisionModel(session).forward({ pixelValues });
      const mask = "input.patch_attention_mask";
      const given = nearestPositions(
        { data: await outputs.read(mask), shape: outputs.tensors.get(mask)!.shape },
        4,
      );
      const program = session.programOf("pixel_values");
      const inputs = { pixel_values: pixelValues, ...given };
      const masked = await session.run(program, inputs, { image_batch: 2 });
      await session.dispose();
      await checkpoint.close();
      const error = async (actual: ArrayLike<number>, name: string): Promise<number> =>
        scaledError(actual, await outputs.readFloat32(name));
      expect(await error(whole.lastHiddenState!.data, "full")).toBeLessThan(tolerance);
      // The rows of padding too.
      expect(await error(masked.last_hidden_state!.data, "masked")).toBeLessThan(tolerance);
    });
  },
);

it("the rows of positions are those of torch's bucketize", () => {
  const goldens = JSON.parse(readFileSync(join(fixtures, "wild/nearest.json"), "utf8")) as Readonly<
    Record<string, readonly (readonly number[])[]>
  >;
  for (const [side, buckets] of Object.entries(goldens))
    for (const [i, expected] of buckets.entries()) {
      const shape = [1, 1, i + 1];
      const { position_ids } = nearestPositions(
        { data: Array(i + 1).fill(1), shape },
        Number(side),
      );
      expect([side, ...(position_ids.data as Int32Array)]).toEqual([side, ...expected]);
    }
});

it.each([
  [[1, 0, 0, 1], [1, 2, 2], /must form a rectangle from its top left corner/],
  [[0, 0, 0, 0], [1, 2, 2], /no patch in its top left corner/],
  [[1, 1], [1, 2, 2], /expected \[batch, rows, columns\]/],
])("a mask of %j is refused", (data, shape, message) => {
  expect(() => nearestPositions({ data, shape }, 4)).toThrow(message);
  expect(() => nearestPositions({ data, shape }, 4)).toThrow(InputError);
});

it("idefics pictures of other sizes are padded, not resampled", () => {
  const document = {
    name: "x",
    architecture: "idefics-vision",
    config: { model_type: "smolvlm_vision", image_size: 32, patch_size: 8 },
    interpolate_pos_encoding: true,
    image_size: { height: 16, width: 32 },
  };
  expect(() => parseSpec(JSON.stringify(document), { file: "x.json" })).toThrow(
    /smaller pictures are padded to the image_size and masked/,
  );
});
