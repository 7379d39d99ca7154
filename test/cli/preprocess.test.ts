import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors } from "@sigil/runtime";
import { openFileSource } from "@sigil/runtime/node";
import { afterAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { printed, runSigil } from "../support/sigil.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-preprocess-"));
afterAll(() => rmSync(folder, { recursive: true }));
const out = join(folder, "out.safetensors");
const picture = join(fixtures, "images/source/png-scene-640x480.png");
const goldens = JSON.parse(readFileSync(join(fixtures, "images/images.json"), "utf8")) as {
  file: string;
  resized: {
    height: number;
    width: number;
    resample: number;
    pil_uint8_sha256: string;
    torch_uint8_sha256: string;
    pixel_values_sha256: string;
  }[];
}[];
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

it("sigil preprocess writes the bits of Pillow and torchvision", async () => {
  for (const golden of goldens.find(({ file }) => file === "png-scene-640x480.png")!.resized)
    for (const fast of [false, true]) {
      const filter = golden.resample === 3 ? "bicubic" : "bilinear";
      await printed([
        "preprocess",
        picture,
        "--out",
        out,
        "--size",
        `${golden.height}x${golden.width}`,
        "--resample",
        filter,
        "--uint8",
        ...(fast ? ["--fast"] : []),
      ]);
      const file = await openSafetensors(await openFileSource(out));
      expect(file.tensors.get("pixels")).toMatchObject({
        dtype: "U8",
        shape: [1, golden.height, golden.width, 3],
      });
      expect(sha256(await file.read("pixels"))).toBe(
        fast ? golden.torch_uint8_sha256 : golden.pil_uint8_sha256,
      );
      if (!fast) expect(sha256(await file.read("pixel_values"))).toBe(golden.pixel_values_sha256);
      await file.close();
    }
}, 60_000);

it("sigil preprocess takes a config, and writes nothing if it refuses one", async () => {
  const config = join(fixtures, "checkpoints/siglip-shapes/preprocessor_config.json");
  rmSync(out, { force: true });
  expect(
    (await runSigil(["preprocess", picture, "--config", config, "--out", out])).stderr,
  ).toContain("pixel_values [1, 3, 64, 64]");
  rmSync(out);
  const run = async (...args: string[]) => {
    const { status, stderr } = await runSigil(["preprocess", ...args, "--out", out]);
    expect(existsSync(out)).toBe(false);
    return [status, stderr];
  };
  expect(await run(picture, "--size", "224")).toEqual([
    2,
    expect.stringContaining("such as 224x224"),
  ]);
  expect(await run(config)).toEqual([1, expect.stringContaining("expected a picture")]);
  expect(await run(picture, "--config", picture)).toEqual([
    1,
    expect.stringContaining("expected readable JSON"),
  ]);
}, 30_000);

it("a checkpoint whose image processor does not suit its model is " +
  "refused before it is loaded", async () => {
  const checkpoint = join(folder, "odd");
  cpSync(join(fixtures, "checkpoints/siglip-shapes"), checkpoint, { recursive: true });
  const classify = async (settings: object) => {
    writeFileSync(join(checkpoint, "preprocessor_config.json"), JSON.stringify(settings));
    return await runSigil(["classify", picture, "--labels", "a", "--model", checkpoint]);
  };
  expect(await classify({ size: 64, do_center_crop: true, crop_size: 48 })).toMatchObject({
    status: 1,
    stderr:
      `error: ${checkpoint}: its image processor makes pictures of 48x48, the model takes ` +
      `64x64; see size, crop_size and pad_size of its preprocessor_config.json\n`,
  });
  const naflex = await classify({ image_processor_type: "Siglip2ImageProcessor" });
  expect([naflex.status, naflex.stderr]).toEqual([
    1,
    expect.stringContaining(
      `error: ${checkpoint}: image_processor_type: expected SiglipImageProcessor, received ` +
        `"Siglip2ImageProcessor"`,
    ),
  ]);
  expect((await classify({ size: 70, do_center_crop: true, crop_size: 64 })).status).toBe(0);
}, 60_000);
