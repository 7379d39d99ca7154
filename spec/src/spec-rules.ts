import type { Diagnostic } from "./diagnostic.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import type { ModelConfig } from "./model-spec.ts";

/** Rules between a Sigil spec and its config. */
export function checkSpec(spec: SigilSpec, config: ModelConfig, source: JsonSource, diagnostics: Diagnostic[]): void {
  const longest = config.text_config?.max_position_embeddings;
  if (longest !== undefined && typeof spec.text_length === "number" && spec.text_length > longest) {
    diagnostics.push(diagnosticAt(source, "/text_length", {
      code: "contradictory-sizes", message: `text_length ${spec.text_length} exceeds max_position_embeddings ${longest}`,
    }));
  }
  const vision = config.vision_config;
  const layers = Math.max(config.text_config?.num_hidden_layers ?? 0, vision?.num_hidden_layers ?? 0);
  for (const [key, last] of [["hidden_states", layers], ["attentions", layers - 1]] as const) {
    const wanted = spec[key];
    if (!Array.isArray(wanted)) continue;
    wanted.forEach((layer: unknown, i) => {
      if (typeof layer === "number" && layer > last) {
        diagnostics.push(diagnosticAt(source, `/${key}/${i}`, { code: "contradictory-sizes", message: `there is no layer ${layer}`, help: `${key} go from 0 to ${last}` }));
      }
    });
  }
  for (const side of ["height", "width"] as const) {
    const size = spec.image_size?.[side];
    if (vision === undefined || typeof size !== "number" || size < 1) continue;
    const pointer = `/image_size/${side}`;
    if (size < vision.patch_size) {
      diagnostics.push(diagnosticAt(source, pointer, { code: "contradictory-sizes", message: `${side} ${size} is smaller than patch_size ${vision.patch_size}` }));
    } else if (size !== vision.image_size && spec.interpolate_pos_encoding === false) {
      diagnostics.push(diagnosticAt(source, pointer, {
        code: "contradictory-sizes", message: `${side} ${size} differs from the config's image_size ${vision.image_size}`,
        help: "set interpolate_pos_encoding to true to compile for another size",
      }));
    }
  }
}
