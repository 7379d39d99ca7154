/** What `--model` names, and the checkpoint that its weights and settings come from. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "@sigil/runtime";
import { openCheckpoint, type Checkpoint } from "@sigil/runtime/node";
import type { CpuArtifact } from "@sigil/runtime-cpu";
import type { ModelSpec, Tower } from "@sigil/spec";
import { isCompiled, readCompiled } from "./compiled-module.ts";
import { openRemote } from "./hub/remote-weights.ts";
import { loadWithShapes, modelFolder, note, specOf, stateOf } from "./open-model.ts";
import { towerTensors } from "./tower-tensors.ts";

export interface ModelSource {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  /** To compile, or compiled already. */
  readonly from: { readonly spec: ModelSpec } | { readonly artifact: CpuArtifact };
}

/**
 * A checkpoint's folder, a Hub id, a Sigil spec or the folder of a compiled module. The weights of
 * the last two come from `checkpoint`, else from the one that the spec names or lies beside. Throws
 * InputError where none of them is given.
 */
export async function openModelSource(
  model: string,
  {
    checkpoint,
    tower,
  }: { readonly checkpoint?: string | undefined; readonly tower?: Tower | undefined } = {},
): Promise<ModelSource> {
  const state = stateOf(model);
  if (state?.isDirectory() && isCompiled(model)) {
    if (checkpoint === undefined) throw lacking(model, "a compiled module holds no weights");
    const artifact = readCompiled(model);
    return { name: model, checkpoint: await openAt(checkpoint), from: { artifact } };
  }
  if (state?.isFile() && model.endsWith(".json")) {
    const spec = await specOf(model, { tower });
    const named = checkpoint ?? spec.checkpoint ?? folderOf(spec);
    if (named === undefined) throw lacking(model, "the spec names no checkpoint");
    return { name: model, checkpoint: await openAt(named), from: { spec } };
  }
  if (checkpoint !== undefined)
    throw new InputError(
      `--checkpoint: ${model} is already a checkpoint; leave the option out, or give a spec or a ` +
        "compiled module as --model",
    );
  const { folder, weights } =
    tower === "vision" && !state
      ? await openRemote(model, towerTensors, { onNotice: note })
      : { folder: await modelFolder(model) };
  // First, since it says what a folder is that is no checkpoint.
  const opened = await openCheckpoint(folder, {
    ...(tower === "vision" && { tensors: towerTensors }),
    weights,
  });
  try {
    const options = tower === undefined ? {} : { tower };
    // The weights stay open: only their header is looked at.
    const header = { tensors: opened.weights.tensors, close: async () => {} };
    const spec = await loadWithShapes(folder, options, async () => header);
    return { name: folder, checkpoint: opened, from: { spec } };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const openAt = async (model: string): Promise<Checkpoint> =>
  openCheckpoint(await modelFolder(model));

const lacking = (model: string, why: string): InputError =>
  new InputError(
    `${model}: ${why}: use --checkpoint to name the folder or Hub id that its weights, ` +
      "tokenizer and image processor come from",
  );

/** The folder of a spec that lies in its checkpoint, as a config.json does. */
function folderOf({ file }: ModelSpec): string | undefined {
  const folder = dirname(file);
  return existsSync(join(folder, "config.json")) &&
    readdirSync(folder).some((name) => name.endsWith(".safetensors"))
    ? folder
    : undefined;
}
