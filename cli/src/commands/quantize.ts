import { createHash } from "node:crypto";
import { copyFile, readFile, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bindCheckpoint, InputError } from "@sigil/runtime";
import { openCheckpoint } from "@sigil/runtime/node";
import { fitsPattern, isQuantized, loadSpec, storageOf, type StorageRule } from "@sigil/spec";
import { fileError } from "../file-error.ts";
import { readInput, writeOutput } from "../files.ts";
import { makeFolder } from "../make-folder.ts";
import { modelFolder } from "../open-model.ts";
import { withProgress } from "../progress.ts";
import { bitsandbytesConfig, bitsandbytesTakes } from "../quantize/bitsandbytes-config.ts";
import { encode, storedTensors, type Encoding } from "../quantize/encode.ts";
import { findMatrices, type Matrix } from "../quantize/find-matrices.ts";
import { foldedReader } from "../quantize/folded-source.ts";
import { answersKept, cosines, embedSamples } from "../quantize/measure.ts";
import { quantizationReport, type QuantizationReport } from "../quantize/report.ts";
import { checkKept, rulesFor, type RuleOptions } from "../quantize/rules.ts";
import { writeCheckpoint, type TensorToStore } from "../quantize/write-checkpoint.ts";

export interface QuantizeOptions extends RuleOptions {
  readonly out: string;
  readonly images: readonly string[];
  readonly texts?: string;
  readonly measure: boolean;
  readonly json?: boolean;
}

/**
 * Writes a checkpoint folder whose matrices are quantised, and says what it keeps of the original's
 * answers. Throws DiagnosticError, WeightsError, InputError and FileError.
 */
export async function quantizeCheckpoint(model: string, options: QuantizeOptions): Promise<void> {
  const folder = await modelFolder(model);
  const out = resolve(options.out);
  if (out === resolve(folder)) throw new InputError(`--out: ${out} is the checkpoint itself`);
  const texts = options.texts === undefined ? [] : await linesIn(options.texts);
  const checkpoint = await openCheckpoint(folder);
  try {
    const spec = loadSpec(folder);
    if (spec.quantize)
      throw new InputError(`${folder} is quantised already: expected a checkpoint of floats`);
    const { matrices, norms, tensors } = findMatrices(spec);
    const source = await bindCheckpoint(
      { tensors: Object.fromEntries(tensors) },
      checkpoint.weights,
    );
    checkKept(options.keep, [...matrices.keys()], fitsPattern);
    const { to } = options;
    const bnb = to === "nf4" || to === "fp4";
    const document = bnb ? undefined : rulesFor(options);
    const rules = document && storageRules(document);
    const encodingOf = (name: string, matrix: Matrix | undefined): Encoding => {
      const kept = options.keep.some((pattern) => fitsPattern(name, pattern));
      if (bnb)
        return matrix?.kind === "linear" && !kept && bitsandbytesTakes(name)
          ? { kind: "bitsandbytes", book: to }
          : { kind: "float", dtype: "F32" };
      const storage =
        matrix && storageOf({ storage: "float32", quantize: rules! }, name, matrix.columns);
      if (storage !== undefined && isQuantized(storage)) return { kind: "packed", storage };
      // Vectors are few, and what has two axes is a table of positions, or kept.
      return { kind: "float", dtype: (tensors.get(name)?.length ?? 0) > 1 ? "F16" : "F32" };
    };
    // bitsandbytes' own codes are of the weights as they are.
    const read = bnb ? (name: string) => source.readFloat32(name) : foldedReader(source, norms);
    const errors = new Map<string, number>();
    const toStore = [...tensors].map(([name, shape]): TensorToStore => {
      const encoding = encodingOf(name, matrices.get(name));
      return {
        name,
        stored: storedTensors(name, shape, encoding),
        async data() {
          const encoded = encode(name, shape, encoding, await read(name));
          if (encoding.kind !== "float") errors.set(name, encoded.error);
          return encoded.tensors;
        },
      };
    });
    await makeFolder(out).catch((cause: unknown) => {
      throw fileError("write", out, cause);
    });
    const key = createHash("sha256")
      .update(JSON.stringify([options.to, options.group, options.table, options.keep]))
      .update(await fingerprintOf(folder))
      .digest("hex");
    const { files, index } = await withProgress("quantising", (report) =>
      writeCheckpoint(out, toStore, key, report),
    );
    const config = readInput(checkpoint.paths["config.json"]!).toString("utf8");
    await writeOutput(out, {
      "config.json": withQuantization(
        config,
        bnb ? bitsandbytesConfig(to, options.keep) : { quant_method: "sigil", quantize: document },
      ),
      ...(index && { "model.safetensors.index.json": `${JSON.stringify(index, undefined, 2)}\n` }),
    });
    for (const [name, path] of Object.entries(checkpoint.paths))
      if (name !== "config.json" && !name.startsWith("model.safetensors"))
        await copyFile(path, join(out, name)).catch((cause: unknown) => {
          throw fileError("write", join(out, name), cause);
        });
    const result: QuantizationReport = {
      out,
      to,
      bytes: { before: await bytesIn(folder), after: await sizeOf(out, files) },
      errors: Object.fromEntries(errors),
      ...(options.measure && (await measured(folder, out, { pictures: options.images, texts }))),
    };
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : quantizationReport(result));
  } finally {
    await checkpoint.close();
  }
}

/** The text of a config.json with one key more; numbers stay as Python wrote them. */
const withQuantization = (config: string, quantization: object): string =>
  `${config.trimEnd().slice(0, -1).trimEnd()},\n  "quantization_config": ${JSON.stringify(quantization, undefined, 2).replaceAll("\n", "\n  ")}\n}\n`;

async function measured(
  before: string,
  after: string,
  samples: { readonly pictures: readonly string[]; readonly texts: readonly string[] },
): Promise<Pick<QuantizationReport, "kept">> {
  const [a, b] = [await embedSamples(before, samples), await embedSamples(after, samples)];
  const [images, texts] = [cosines(a.images, b.images), cosines(a.texts, b.texts)];
  return {
    kept: {
      ...(images && { images: { ...images, noise: samples.pictures.length === 0 } }),
      ...(texts && { texts: { ...texts, noise: samples.texts.length === 0 } }),
      ...(images && texts && { answers: answersKept(a, b) }),
    },
  };
}

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

async function linesIn(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new InputError(`${path}: expected a text a line, found none`);
  return lines;
}

const isWeights = (name: string): boolean => name.endsWith(".safetensors");

/** What tells the weights of a folder from others, without reading them. */
async function fingerprintOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter(isWeights).sort();
  const states = await Promise.all(names.map((name) => stat(join(folder, name))));
  return JSON.stringify(states.map(({ size, mtimeMs }, i) => [names[i], size, mtimeMs]));
}

const bytesIn = async (folder: string): Promise<number> =>
  sizeOf(folder, (await readdir(folder)).filter(isWeights));

async function sizeOf(folder: string, files: readonly string[]): Promise<number> {
  const states = await Promise.all(files.map((file) => stat(join(folder, file))));
  return states.reduce((sum, { size }) => sum + size, 0);
}
