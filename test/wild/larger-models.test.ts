/**
 * Towers of larger models by the configs and tensors that transformers 5.18 saves;
 * test/fixtures/wild/make_vlm_names.py.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { bindPlan, syntheticWeights } from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { parseSpec } from "@sigil/spec";
import { expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const models = JSON.parse(readFileSync(join(fixtures, "wild/vlms.json"), "utf8")) as Readonly<
  Record<
    string,
    { readonly config: object; readonly tensors: Readonly<Record<string, readonly number[]>> }
  >
>;
/** What the model takes: hidden states before the last norm, or the tokens behind it. */
const taken: Readonly<Record<string, readonly number[]>> = {
  llava: [1],
  llava_next: [1],
  llava_onevision: [2],
  aya_vision: [2],
};
const architectures: Readonly<Record<string, string>> = {
  idefics2: "idefics-vision",
  idefics3: "idefics-vision",
  smolvlm: "idefics-vision",
  lfm2_vl: "siglip2-vision",
};

it.each(Object.keys(models))("the tower of %s is found, compiled and bound", async (name) => {
  const { config, tensors } = models[name]!;
  const file = `${name}/config.json`;
  const spec = parseSpec(JSON.stringify(config), { file, tower: "vision" });
  expect([spec.architecture, spec.hiddenStates, spec.ignoreOtherWeights]).toEqual([
    architectures[name] ?? "siglip-vision",
    taken[name] ?? false,
    true,
  ]);
  const { plan, cpu } = await compile(spec);
  // Every tensor of the tower is read, and no other.
  const suffix = "embeddings.patch_embedding.weight";
  const prefix = Object.keys(tensors)
    .find((tensor) => tensor.endsWith(suffix))!
    .slice(0, -suffix.length);
  const own = Object.keys(tensors).filter((tensor) => tensor.startsWith(prefix));
  expect(
    Object.keys(plan.tensors)
      .map((tensor) => tensor.replace(/^vision_model\./, ""))
      .sort(),
  ).toEqual(own.map((tensor) => tensor.slice(prefix.length)).sort());
  const source = syntheticWeights(
    Object.entries(tensors).map(([tensor, shape]) => ({ name: tensor, shape })),
  );
  const bound = bindPlan(plan, source);
  const [first] = Object.keys(plan.tensors).filter((tensor) => tensor.endsWith(suffix));
  expect(await bound.readFloat32(first!)).toEqual(await source.readFloat32(prefix + suffix));
  const session = await openCpuSession({ plan, wasm: cpu }, source, { threads: 1 });
  await session.dispose();
});
