/**
 * The packages as a user gets them: packed, installed in an empty project, an app compiled with tsc
 * --strict and run.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { pack, published } from "./pack-published.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "sigil-app-"));
afterAll(() => rmSync(folder, { recursive: true }), 60_000);
const app = join(folder, "app");

const source = `import { ModelProcessor, ZeroShotImageClassification } from "@sigil/runtime";
import { decodeImage, openCheckpoint } from "@sigil/runtime/node";
import { SiglipShapes } from "../generated/index.js";

const [folder = "", picture = "", ...labels] = process.argv.slice(2);
const checkpoint = await openCheckpoint(folder);
const model = await SiglipShapes.load(checkpoint.weights);
const processor = new ModelProcessor(SiglipShapes, checkpoint);
const images = processor.images([await decodeImage(picture)]);
const there = await SiglipShapes.load(checkpoint.weights, { worker: true });
const here = await model.getImageFeatures(images);
const elsewhere = await there.getImageFeatures(images);
if (!here.data.every((value, i) => value === elsewhere.data[i]))
  throw new Error("the worker gives other features");
await there.dispose();
const { tokenizer } = processor;
const pipeline = new ZeroShotImageClassification(model, tokenizer, SiglipShapes.textLength);
const [scores] = await pipeline.classify(images, labels);
console.log(JSON.stringify(scores));
await model.dispose();
await checkpoint.close();
`;

it("packs, installs, type-checks and classifies", { timeout: 240_000 }, () => {
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  pack(folder);
  const tarballs = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  expect(tarballs).toHaveLength(published.length);
  mkdirSync(join(app, "src"), { recursive: true });
  const versions = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    .devDependencies as Record<string, string>;
  writeFileSync(
    join(app, "package.json"),
    JSON.stringify({
      name: "app",
      private: true,
      type: "module",
      dependencies: Object.fromEntries(
        tarballs.map((file) => [
          file.replace(/-\d.*$/, "").replace(/^sigil-(?=.)/, "@sigil/"),
          `file:../${file}`,
        ]),
      ),
      devDependencies: { typescript: versions.typescript, "@types/node": versions["@types/node"] },
    }),
  );
  npm(app, "install", "--prefer-offline", "--no-audit", "--no-fund");
  const model = join(fixtures, "checkpoints/siglip-shapes");
  execFileSync(
    "npx",
    ["--no-install", "sigil", "compile", model, "--target", "cpu", "webgpu", "--out", "generated"],
    { cwd: app, stdio: "pipe" },
  );
  writeFileSync(join(app, "src/main.ts"), source);
  execFileSync(
    "npx",
    [
      "--no-install",
      "tsc",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--types",
      "node",
      "--rootDir",
      "src",
      "--outDir",
      "dist",
      "src/main.ts",
    ],
    { cwd: app, stdio: "pipe" },
  );
  const output = execFileSync(
    "node",
    ["dist/main.js", model, join(model, "samples/red-circle.png"), "a blue square", "a red circle"],
    { cwd: app, encoding: "utf8" },
  );
  const { images } = JSON.parse(readFileSync(join(model, "expected.json"), "utf8")) as {
    images: { file: string; sets: { labels: string[]; probabilities: number[] }[] }[];
  };
  const [set] = images.find(({ file }) => file.endsWith("red-circle.png"))!.sets;
  // transformers' probability, which the fixture keeps with seven digits.
  const expected = set!.probabilities[set!.labels.indexOf("a red circle")]!;
  expect((JSON.parse(output) as { label: string; score: number }[])[0]).toMatchObject({
    label: "a red circle",
    score: expect.closeTo(expected, 5),
  });
});
