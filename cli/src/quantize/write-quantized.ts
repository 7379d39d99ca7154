/** Writes the folder of a quantised checkpoint. */
import { createHash } from "node:crypto";
import { copyFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { WeightSource } from "@sigil/runtime";
import type { Checkpoint } from "@sigil/runtime/node";
import { entryOf, fitsPattern, isQuantized, storageOf, type StorageRule } from "@sigil/spec";
import { fileError } from "../file-error.ts";
import { readInput, writeOutput } from "../files.ts";
import { makeFolder } from "../make-folder.ts";
import { withProgress } from "../progress.ts";
import { bitsandbytesConfig, bitsandbytesTakes } from "./bitsandbytes-config.ts";
import { encode, storedTensors, type Encoded, type Encoding } from "./encode.ts";
import type { ModelMatrices } from "./find-matrices.ts";
import { foldedReader } from "./folded-source.ts";
import { gptq } from "./gptq.ts";
import type { Gram } from "./gram.ts";
import { rulesFor, type RuleOptions } from "./rules.ts";
import { writeCheckpoint, type TensorToStore } from "./write-checkpoint.ts";

export interface ModelToQuantize extends ModelMatrices {
  readonly checkpoint: Checkpoint;
  /** Its weights under the model's names. */
  readonly source: WeightSource;
}

export interface WriteOptions extends RuleOptions {
  readonly out: string;
  /** Sums of inputs by tensor, of what was calibrated, and what tells them from others. */
  readonly grams: ReadonlyMap<string, Gram>;
  readonly calibration: string;
  /** What was encoded already, by tensor and encoding; what is encoded now is added. */
  readonly encoded?: Map<string, Encoded>;
}

export interface Written {
  readonly files: readonly string[];
  /** By tensor; those that an earlier run wrote are left out. */
  readonly errors: Readonly<Record<string, number>>;
}

const isOfBitsandbytes = (to: RuleOptions["to"]): to is "nf4" | "fp4" =>
  to === "nf4" || to === "fp4";

/** How each tensor is written. */
export function encodingsOf(
  { matrices, tensors }: ModelMatrices,
  options: RuleOptions,
): ReadonlyMap<string, Encoding> {
  const { to, keep } = options;
  const quantize = isOfBitsandbytes(to) ? [] : storageRules(rulesFor(options));
  return new Map(
    [...tensors].map(([name, { length: axes }]): [string, Encoding] => {
      const matrix = matrices.get(name);
      const kept = keep.some((pattern) => fitsPattern(name, pattern));
      if (isOfBitsandbytes(to))
        return [
          name,
          matrix?.kind === "linear" && !kept && bitsandbytesTakes(name)
            ? { kind: "bitsandbytes", book: to }
            : { kind: "float", dtype: "F32" },
        ];
      const storage = matrix && storageOf({ storage: "float32", quantize }, name, matrix.columns);
      return [
        name,
        storage !== undefined && isQuantized(storage)
          ? { kind: "packed", storage }
          : // Vectors are few, and what has two axes is a table of positions, or kept.
            { kind: "float", dtype: axes > 1 ? "F16" : "F32" },
      ];
    }),
  );
}

/**
 * The function that reads the tensors to quantise, with norms folded into them unless the target is
 * one of bitsandbytes.
 */
export const readerFor = (
  { source, norms }: ModelToQuantize,
  { to }: Pick<RuleOptions, "to">,
): ((tensor: string) => Promise<Float32Array>) =>
  isOfBitsandbytes(to) ? (name) => source.readFloat32(name) : foldedReader(source, norms);

/** Writes weights, config and what else the checkpoint has. Throws WeightsError and FileError. */
export async function writeQuantized(
  model: ModelToQuantize,
  options: WriteOptions,
): Promise<Written> {
  const { checkpoint, tensors } = model;
  const { out, to, grams } = options;
  const encodings = encodingsOf(model, options);
  const read = readerFor(model, options);
  const errors: Record<string, number> = {};
  const toStore = [...tensors].map(([name, shape]): TensorToStore => {
    const encoding = entryOf(encodings, name, "encoding of");
    return {
      name,
      stored: storedTensors(name, shape, encoding),
      async data() {
        const encodingKey = JSON.stringify([name, encoding]);
        let encoded = options.encoded?.get(encodingKey);
        if (!encoded) {
          const values = await read(name);
          const gram = grams.get(name);
          const found =
            gram && encoding.kind === "packed" && encoding.storage.bits === 4
              ? await gptq(values, gram.size, encoding.storage, gram)
              : undefined;
          encoded = encode(name, shape, encoding, values, found);
          if (encoding.kind !== "float") options.encoded?.set(encodingKey, encoded);
        }
        if (encoding.kind !== "float") errors[name] = encoded.error;
        return encoded.tensors;
      },
    };
  });
  await makeFolder(out).catch((cause: unknown) => {
    throw fileError("write", out, cause);
  });
  const key = createHash("sha256")
    .update(JSON.stringify([...encodings]))
    .update(options.calibration)
    .update(await fingerprintOf(checkpoint.folder))
    .digest("hex");
  const { files, index } = await withProgress("quantising", (report) =>
    writeCheckpoint(out, toStore, key, report),
  );
  await writeOutput(out, {
    "config.json": withQuantization(
      readInput(checkpoint.paths["config.json"]!).toString("utf8"),
      isOfBitsandbytes(to)
        ? bitsandbytesConfig(to, options.keep)
        : { quant_method: "sigil", quantize: rulesFor(options) },
    ),
    ...(index && { "model.safetensors.index.json": `${JSON.stringify(index, undefined, 2)}\n` }),
  });
  for (const [name, path] of Object.entries(checkpoint.paths))
    if (name !== "config.json" && !name.startsWith("model.safetensors"))
      await copyFile(path, join(out, name)).catch((cause: unknown) => {
        throw fileError("write", join(out, name), cause);
      });
  return { files, errors };
}

/** The text of a config.json with one key more; numbers stay as Python wrote them. */
const withQuantization = (config: string, quantization: object): string =>
  `${config.trimEnd().slice(0, -1).trimEnd()},\n  "quantization_config": ` +
  `${JSON.stringify(quantization, undefined, 2).replaceAll("\n", "\n  ")}\n}\n`;

/** Rules as a config gives them. */
const storageRules = (document: ReturnType<typeof rulesFor>): readonly StorageRule[] =>
  Object.entries(document).map(([pattern, choice]) => ({
    pattern,
    storage:
      choice === "int8"
        ? { bits: 8 }
        : typeof choice === "object"
          ? choice
          : (choice as StorageRule["storage"]),
  }));

const isWeights = (name: string): boolean => name.endsWith(".safetensors");

/** What tells the weights of a folder from others, without reading them. */
async function fingerprintOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(isWeights).sort();
  const states = await Promise.all(names.map((name) => stat(join(folder, name))));
  return JSON.stringify(states.map(({ size, mtimeMs }, i) => [names[i], size, mtimeMs]));
}
