/** Digests that a spec names, from the spec to a session. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import {
  bufferSource,
  openSafetensors,
  openShardedSafetensors,
  syntheticWeights,
  WeightsError,
  writeSafetensors,
  uniform,
} from "@sigil/runtime/internal";
import { openCheckpoint } from "@sigil/runtime/node";
import { openCpuSession, type CpuArtifact } from "@sigil/runtime-cpu";
import { DiagnosticError, loadSpec, parseSpec, specPath } from "@sigil/spec";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

const folder = join(fixtures, "checkpoints/siglip-shapes");
const bytes = readFileSync(join(folder, "model.safetensors"));
const digest = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const damaged = Uint8Array.from(bytes);
damaged[bytes.length - 1]! ^= 1;

let artifact: CpuArtifact;
beforeAll(async () => {
  const { plan, cpu } = await compile({
    ...loadSpec(specPath("siglip-shapes")),
    targets: ["cpu"],
    sha256: { "model.safetensors": digest(bytes) },
  });
  artifact = { plan, wasm: cpu };
});

describe("a plan with a SHA-256", () => {
  it("loads the file that it names, from memory and a folder, and says how far it is", async () => {
    const seen: number[] = [];
    const session = await openCpuSession(artifact, await openSafetensors(bufferSource(bytes)), {
      threads: 1,
      onVerify: ({ loadedBytes, totalBytes }) => seen.push(loadedBytes / totalBytes),
    });
    await session.dispose();
    expect(seen.at(-1)).toBe(1);
    const checkpoint = await openCheckpoint(folder);
    await (
      await openCpuSession(artifact, checkpoint.weights, { threads: 1, lazy: true })
    ).dispose();
    await checkpoint.close();
  });

  it("refuses a file of one other bit, unless told not to look", async () => {
    const weights = await openSafetensors(bufferSource(damaged, "model.safetensors"));
    const error = await openCpuSession(artifact, weights, { lazy: true }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error).toMatchObject({
      file: "model.safetensors",
      expected: digest(bytes),
      received: digest(damaged),
    });
    await (await openCpuSession(artifact, weights, { lazy: true, verify: false })).dispose();
  });

  it("refuses a file that has become shorter since it was opened", async () => {
    const whole = bufferSource(bytes, "model.safetensors");
    let gone = 0;
    const weights = await openSafetensors({
      ...whole,
      read: async (offset, length, signal) =>
        (await whole.read(offset, length, signal)).subarray(0, length - gone),
    });
    gone = 1;
    const error = await openCpuSession(artifact, weights, { lazy: true }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error).toMatchObject({
      message: expect.stringContaining("could not be read whole"),
      expected: `${bytes.length} bytes`,
    });
  });

  it("refuses weights that are no file", async () => {
    const weights = syntheticWeights(
      Object.entries(artifact.plan.tensors).map(([name, shape]) => ({ name, shape })),
    );
    await expect(openCpuSession(artifact, weights, { lazy: true })).rejects.toThrow(
      /no file whose SHA-256 can be verified.*verify: false/,
    );
  });

  it("can be aborted while it is verified", async () => {
    const abort = new AbortController();
    const weights = await openSafetensors(bufferSource(bytes));
    await expect(
      openCpuSession(artifact, weights, {
        signal: abort.signal,
        onVerify: () => abort.abort(new Error("enough")),
      }),
    ).rejects.toThrow("enough");
  });
});

describe("shards", () => {
  const files = Object.fromEntries(
    ["a", "b"].map((name) => [
      `${name}.safetensors`,
      writeSafetensors({ [name]: { dtype: "F32", shape: [8], data: uniform(name, 8) } }),
    ]),
  );
  const open = () =>
    openShardedSafetensors({ weight_map: { a: "a.safetensors", b: "b.safetensors" } }, (file) =>
      bufferSource(files[file]!, `https://example.org/${file}?download=true`),
    );
  const digests = Object.fromEntries(
    Object.entries(files).map(([name, data]) => [name, digest(data)]),
  );
  it("are each compared with their own", async () => {
    const source = await open();
    await source.verify!(digests);
    await expect(
      source.verify!({ ...digests, "b.safetensors": digests["a.safetensors"]! }),
    ).rejects.toThrow(/b\.safetensors.*SHA-256 differs/);
    await expect(
      source.verify!({
        "a.safetensors": digests["a.safetensors"]!,
        "c.safetensors": digests["a.safetensors"]!,
      }),
    ).rejects.toThrow(/b\.safetensors.*no SHA-256 in the plan.*a\.safetensors, c\.safetensors/);
  });
});

it("a spec says so when a digest cannot be one", () => {
  const text = JSON.stringify({
    name: "x",
    architecture: "siglip",
    config: { model_type: "siglip", text_config: {}, vision_config: {} },
    sha256: { "model.safetensors": "ABC" },
  });
  expect(() => parseSpec(text, { file: "x.json" })).toThrow(DiagnosticError);
  expect(() => parseSpec(text, { file: "x.json" })).toThrow(
    /must match \^\[0-9a-f\]\{64\}\$, not "ABC"/,
  );
  expect(parseSpec(text.replace("ABC", digest(bytes)), { file: "x.json" }).sha256).toEqual({
    "model.safetensors": digest(bytes),
  });
});
