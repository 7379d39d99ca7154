/** Pipelines by a model's name: one call to open one, one to use it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import type { Tensor } from "@sigil/runtime";
import {
  classify,
  compile,
  imageFeatures,
  pipeline,
  textFeatures,
  zeroShotImageClassification,
} from "../../cli/dist/index.js";
import { config, hub, model as hubModel, weights } from "./hub/hub-setup.ts";

const root = join(import.meta.dirname, "../..");
const model = join(fixtures, "checkpoints/siglip-shapes");
const picture = join(model, "samples/red-circle.png");
const labels = ["a red circle", "a blue square"];
/** transformers' probability, which the fixture keeps with seven digits. */
const expected = 0.3717612;
const folder = mkdtempSync(join(tmpdir(), "sigil-library-"));
const modules = join(folder, "sigil/modules");
const before = process.env.XDG_CACHE_HOME;
beforeAll(() => void (process.env.XDG_CACHE_HOME = folder));
afterAll(() => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  rmSync(folder, { recursive: true });
});

describe("a pipeline", { timeout: 60_000 }, () => {
  it("takes paths, addresses, blobs, bytes and decoded pictures, one or many", async () => {
    const run = await zeroShotImageClassification(model, { threads: 1 });
    const bytes = readFileSync(picture);
    const given = [
      picture,
      pathToFileURL(picture),
      `data:image/png;base64,${bytes.toString("base64")}`,
      new Blob([bytes]),
      bytes,
      Uint8Array.from(bytes).buffer,
      await decodeImage(picture),
    ];
    const all = await run(given, labels);
    expect(all).toHaveLength(given.length);
    for (const [best] of all) {
      expect(best!.label).toBe("a red circle");
      expect(Math.abs(best!.score - expected)).toBeLessThan(1e-5);
    }
    expect(await run(picture, labels)).toEqual(all[0]);
    await expect(run([], labels)).rejects.toThrow("expected at least one, received none");
    await expect(run(7 as never, labels)).rejects.toThrow(
      "expected a path, a URL, bytes or a decoded picture, received number",
    );
    await run.dispose();
    await expect(run(picture, labels)).rejects.toThrow("disposed");
  });

  it("gives features, normalised where asked, that agree with scores", async () => {
    const [images, texts] = await Promise.all([imageFeatures(model), textFeatures(model)]);
    const [image, text] = await Promise.all([
      images(picture, { normalize: true }),
      texts(["This is a photo of a red circle."], { normalize: true }),
    ]);
    expectTypeOf(image).toEqualTypeOf<Tensor<readonly [number, number]>>();
    expect([image.shape, text.shape]).toEqual([
      [1, 128],
      [1, 128],
    ]);
    const cosine = image.data.reduce((sum, value, i) => sum + value * text.data[i]!, 0);
    const weights = await openCheckpoint(model);
    const [scale, bias] = await Promise.all(
      ["logit_scale", "logit_bias"].map((name) => weights.weights.readFloat32(name)),
    );
    await weights.close();
    const logit = cosine * Math.exp(scale![0]!) + bias![0]!;
    expect(1 / (1 + Math.exp(-logit))).toBeCloseTo(expected, 5);
    await Promise.all([images.dispose(), texts.dispose()]);
  });

  it("has transformers' names too, and says which there are", async () => {
    const run = await pipeline("zero-shot-image-classification", model);
    expect((await run(picture, labels))[0]!.label).toBe("a red circle");
    await run.dispose();
    await expect(pipeline("nope" as never, model)).rejects.toThrow(
      /task: expected one of zero-shot-image-classification, .* received "nope"/,
    );
    await expect(pipeline("image-classification", model)).rejects.toThrow(
      "expected siglip-image-classification or siglip2-image-classification, received siglip",
    );
    const [scores] = await classify([picture], labels, { model });
    expect(Math.abs(scores![0]!.score - expected)).toBeLessThan(1e-5);
  });

  it("compiles once, and again where what was kept is damaged", async () => {
    const [file, ...others] = readdirSync(modules).map((name) => join(modules, name));
    expect(others).toEqual([]);
    const { mtimeMs } = statSync(file!);
    const use = async (): Promise<number> => {
      const run = await zeroShotImageClassification(model);
      const [best] = await run(picture, labels);
      await run.dispose();
      return best!.score;
    };
    const score = await use();
    expect(statSync(file!).mtimeMs).toBe(mtimeMs);
    const text = readFileSync(file!, "utf8");
    for (const damaged of ["", text.slice(0, -100), text.replace('"version":1', '"version":2')]) {
      writeFileSync(file!, damaged);
      expect(await use()).toBe(score);
      expect(readFileSync(file!, "utf8")).toBe(text);
    }
    // A file where the folder should be: the cache is done without.
    rmSync(join(folder, "sigil"), { recursive: true });
    writeFileSync(join(folder, "sigil"), "");
    expect(await use()).toBe(score);
    rmSync(join(folder, "sigil"));
  });
});

it("compile writes a module that Node imports", async () => {
  const out = join(folder, "module");
  const { plan } = await compile(model, { out });
  expect(plan.name).toBe("siglip-shapes");
  // Resolved from the repository.
  mkdirSync(join(root, "build"), { recursive: true });
  expect(readFileSync(join(out, "index.js"), "utf8")).toContain("export class SiglipShapes ");
});

it("classifies from an empty folder in six lines with one import", () => {
  const program = `
    import { zeroShotImageClassification } from "sigil";
    const classify = await zeroShotImageClassification(process.argv[1]);
    const [best] = await classify(process.argv[2], ["a red circle", "a blue square"]);
    console.log(best.label);
    await classify.dispose();
  `.trim();
  expect(program.split("\n").length).toBeLessThanOrEqual(6);
  const { stdout, stderr } = spawnSync(
    "node",
    ["--input-type=module", "-e", program, model, picture],
    { cwd: join(root, "test"), encoding: "utf8" },
  );
  expect([stdout, stderr]).toEqual(["a red circle\n", ""]);
});

it("an interrupted download says that what it fetched is kept", async () => {
  hub.publish("main", { "config.json": config, "model.safetensors": weights });
  const begun = new Promise<void>((resolve) => {
    hub.intercept = (path, response) => {
      if (!path.endsWith("model.safetensors") || !path.startsWith("/cdn/")) return false;
      response.writeHead(200, { "Content-Length": weights.length }).write(weights.subarray(0, 9));
      resolve();
      return true;
    };
  });
  const command = spawn("node", [
    join(root, "cli/bin/sigil.js"),
    ...["classify", picture, "--label", "a", "--model", hubModel],
  ]);
  let said = "";
  command.stderr.on("data", (part) => (said += part));
  await begun;
  command.kill("SIGINT");
  const [status] = await once(command, "exit");
  expect([said, status]).toEqual([
    `\ninterrupted: the fetched part of ${hubModel} is kept; run the command again to ` +
      `continue\n`,
    130,
  ]);
});
