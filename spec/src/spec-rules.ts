import type { Diagnostic } from "./diagnostic.ts";
import type { SigilSpec } from "./generated/sigil.ts";
import { isNaflex } from "./config-identity.ts";
import { diagnosticAt, type JsonSource } from "./json-source.ts";
import type { ModelConfig } from "./model-spec.ts";
import type { ConfigPlace } from "./config-place.ts";

const numberOr = <T>(value: unknown, otherwise: T): number | T =>
  typeof value === "number" ? value : otherwise;

/**
 * Rules between a Sigil spec and its config. The schema reports values of a wrong type, so these
 * rules pass them over.
 */
export function checkSpec(
  spec: SigilSpec,
  config: ModelConfig,
  source: JsonSource,
  diagnostics: Diagnostic[],
): void {
  const longest = numberOr(config.text_config?.max_position_embeddings, Infinity);
  if (typeof spec.text_length === "number" && spec.text_length > longest) {
    diagnostics.push(
      diagnosticAt(source, "/text_length", {
        code: "contradictory-sizes",
        message: `text_length ${spec.text_length} exceeds max_position_embeddings ${longest}`,
      }),
    );
  }
  const vision = config.vision_config;
  const layers = [config.text_config, vision].reduce(
    (most, tower) =>
      tower && Number.isInteger(tower.num_hidden_layers)
        ? Math.max(most, tower.num_hidden_layers)
        : most,
    0,
  );
  for (const [key, last] of [
    ["hidden_states", layers],
    ["attentions", layers - 1],
  ] as const) {
    const wanted = spec[key];
    if (!Array.isArray(wanted)) continue;
    wanted.forEach((layer: unknown, i) => {
      if (typeof layer === "number" && layer > last) {
        diagnostics.push(
          diagnosticAt(source, `/${key}/${i}`, {
            code: "contradictory-sizes",
            message: `there is no layer ${layer}`,
            help: `${key} go from 0 to ${last}`,
          }),
        );
      }
    });
  }
  checkNaflex(spec, source, diagnostics);
  const patch = numberOr(vision?.patch_size, 0);
  const imageSize = numberOr(vision?.image_size, undefined);
  if (spec.pixels === "uint8") checkBytes(spec, vision?.num_channels, source, diagnostics);
  for (const side of ["height", "width"] as const) {
    const size = spec.image_size?.[side];
    if (vision === undefined || typeof size !== "number" || size < 1) continue;
    if (isNaflex(spec.architecture)) continue;
    const pointer = `/image_size/${side}`;
    if (size < patch) {
      diagnostics.push(
        diagnosticAt(source, pointer, {
          code: "contradictory-sizes",
          message: `${side} ${size} is smaller than patch_size ${patch}`,
        }),
      );
    } else if (
      imageSize !== undefined &&
      size !== imageSize &&
      spec.interpolate_pos_encoding === false
    ) {
      diagnostics.push(
        diagnosticAt(source, pointer, {
          code: "contradictory-sizes",
          message: `${side} ${size} differs from the config's image_size ${imageSize}`,
          help: "set interpolate_pos_encoding to true to compile for another size",
        }),
      );
    }
  }
}

/** A NaFlex model is compiled for a number of patches, the others for a size in pixels. */
function checkNaflex(spec: SigilSpec, source: JsonSource, diagnostics: Diagnostic[]): void {
  const report = (key: string, message: string, help: string): void =>
    void diagnostics.push(
      diagnosticAt(source, `/${key}`, { code: "contradictory-sizes", key: true, message, help }),
    );
  if (spec.architecture.endsWith(".json")) return;
  if (
    /^(open-clip|timm-vit|idefics)/.test(spec.architecture) &&
    spec.interpolate_pos_encoding !== false
  )
    report(
      "interpolate_pos_encoding",
      `${spec.architecture} cannot resample its positions to other sizes`,
      spec.architecture === "idefics-vision"
        ? "leave it out: smaller pictures are padded to the image_size and masked"
        : "timm resamples its table differently: leave it out, and resize pictures to the " +
            "image_size",
    );
  if (!isNaflex(spec.architecture)) {
    if (spec.max_num_patches !== undefined)
      report(
        "max_num_patches",
        `${spec.architecture} takes pictures of one size`,
        "only NaFlex models (siglip2) have max_num_patches; state image_size",
      );
    return;
  }
  const help = "state max_num_patches: pictures may have any aspect ratio, up to that many patches";
  if (spec.image_size) report("image_size", `${spec.architecture} has no image_size`, help);
  if (spec.interpolate_pos_encoding !== false)
    report(
      "interpolate_pos_encoding",
      `${spec.architecture} always resamples its positions to each picture`,
      help,
    );
  if (spec.pixels === "uint8")
    report(
      "pixels",
      `${spec.architecture} takes patches, not bytes`,
      "the image processor cuts pictures into patches: leave pixels float32",
    );
}

/**
 * Bytes need a vision tower that reads pictures, and a mean and a deviation for each of its
 * channels.
 */
function checkBytes(
  spec: SigilSpec,
  channels: number | undefined,
  source: JsonSource,
  diagnostics: Diagnostic[],
): void {
  const report = (pointer: string, message: string, help: string): void =>
    void diagnostics.push(
      diagnosticAt(source, pointer, { code: "contradictory-sizes", message, help }),
    );
  if (spec.interpolate_pos_encoding === "run-time")
    report(
      "/pixels",
      "pictures of any size cannot be given as bytes",
      "the runtime cuts such pictures into patches: leave pixels float32, or " +
        "interpolate_pos_encoding other than run-time",
    );
  checkChannels(spec, channels, { source, pointer: "" }, diagnostics);
}

/**
 * `image_mean` and `image_std` have one value, or one for each of a vision tower's channels;
 * undefined is no such tower.
 */
export function checkChannels(
  values: { readonly image_mean?: unknown; readonly image_std?: unknown },
  channels: unknown,
  { source, pointer }: ConfigPlace,
  diagnostics: Diagnostic[],
): void {
  if (typeof channels !== "number") return;
  for (const key of ["image_mean", "image_std"] as const) {
    const given = values[key];
    const count = Array.isArray(given) ? given.length : 1;
    if (count > 1 && count !== channels)
      diagnostics.push(
        diagnosticAt(source, `${pointer}/${key}`, {
          code: "contradictory-sizes",
          message: `${key} has ${count} values for ${channels} channels`,
          help: `write one value, or ${channels}`,
        }),
      );
  }
}
