/** Runs a model in a Node for another system than this one, and here. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, cpuArtifact } from "@sigil/compiler";
import { goldenCase } from "../support/golden-cases.ts";

const root = join(import.meta.dirname, "../..");

/** What a Node says of a run. */
export interface Answer {
  readonly platform: string;
  readonly arch: string;
  readonly backend: string;
  /** Of the pooled embedding, in base64. */
  readonly bits: string;
}

const script = `
import { readFileSync, writeFileSync } from "node:fs";
const [, , urls, file, answer] = process.argv;
const { SiglipVisionModel, syntheticWeights } = await import(urls + "/runtime/dist/internal.js");
const { openNativeSession } = await import(urls + "/runtime-native/dist/index.js");
const { plan, kernels, seed, shape } = JSON.parse(readFileSync(file, "utf8"));
const tensors = Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape }));
const weights = syntheticWeights(tensors, seed);
const session = await openNativeSession({ plan, kernels }, weights, { threads: 2 });
const length = shape.reduce((a, b) => a * b, 1);
const data = Float32Array.from({ length }, (_, i) => ((i * 7919) % 511) / 255 - 1);
const model = new SiglipVisionModel(session);
const { poolerOutput } = await model.forward({ pixelValues: { data, shape } });
const bits = Buffer.from(poolerOutput.data.buffer).toString("base64");
const { platform, arch } = process;
writeFileSync(answer, JSON.stringify({ platform, arch, backend: session.backend, bits }));
process.exit(0);
`;

/** A model and a program that runs it, in a folder of their own. */
export class OtherNode {
  readonly folder = mkdtempSync(join(tmpdir(), "sigil-other-node-"));

  async prepare(): Promise<void> {
    const { seed, pixels, spec } = await goldenCase("tiny", {
      architecture: "siglip-vision",
      outputs: ["pooler_output"],
    });
    const { plan, native } = cpuArtifact(await compile(spec));
    const model = { plan, kernels: native, seed, shape: pixels.shape };
    writeFileSync(join(this.folder, "model.json"), JSON.stringify(model));
    writeFileSync(join(this.folder, "run.mjs"), script);
  }

  /** Builds the addon for another system. Returns its path. */
  build(env: Readonly<Record<string, string>>): string {
    const addon = join(this.folder, "other.node");
    const builder = join(root, "runtime-native/scripts/build-addon.mjs");
    execFileSync(process.execPath, [builder, "--out", addon], { env: { ...process.env, ...env } });
    return addon;
  }

  /** `drive` is what stands before a path where that Node runs. */
  run(command: readonly string[], env: Readonly<Record<string, string>>, drive = ""): Answer {
    const [file = process.execPath, ...args] = command;
    const here = (name: string): string => `${drive}${join(this.folder, name)}`;
    const urls = drive ? `file:///${drive}${root}` : `file://${root}`;
    execFileSync(file, [...args, here("run.mjs"), urls, here("model.json"), here("answer.json")], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...env },
    });
    return JSON.parse(readFileSync(join(this.folder, "answer.json"), "utf8")) as Answer;
  }
}
