/** Every target, cheap ones first. */
import type { Target } from "../target.ts";
import { architecture } from "./architecture.ts";
import { compile } from "./compile.ts";
import { hub } from "./hub.ts";
import { picture } from "./picture.ts";
import { plan } from "./plan.ts";
import { preprocessor } from "./preprocessor.ts";
import { safetensors, shards } from "./safetensors.ts";
import { config, spec } from "./spec.ts";
import { spiece, text, tokenizerConfig, tokenizerJson } from "./tokenizer.ts";

export const targets: readonly Target[] = [
  spec,
  config,
  safetensors,
  shards,
  text,
  preprocessor,
  architecture,
  tokenizerJson,
  tokenizerConfig,
  spiece,
  plan,
  hub,
  picture,
  compile,
];

/** A target by name; an Error that lists the names where there is none. */
export function targetNamed(name: string): Target {
  const found = targets.find((target) => target.name === name);
  if (found === undefined)
    throw new Error(
      `no target ${name}: expected ${targets.map((target) => target.name).join(", ")}`,
    );
  return found;
}
