import { readFile, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bindCheckpoint, InputError, type WeightReader } from "@sigil/runtime/internal";
import { openCheckpoint } from "@sigil/runtime/node";
import { entryOf, fitsPattern, loadSpec, type ModelSpec } from "@sigil/spec";
import { fileError } from "../file-error.ts";
import { modelFolder } from "../open-model.ts";
import { withProgress } from "../progress.ts";
import { calibrate } from "../quantize/calibrate.ts";
import type { Encoded } from "../quantize/encode.ts";
import { findMatrices } from "../quantize/find-matrices.ts";
import type { Gram } from "../quantize/gram.ts";
import { answersKept, cosines, embedSamples, type Samples } from "../quantize/measure.ts";
import { nextParts } from "../quantize/next-parts.ts";
import { quantizationReport, type QuantizationReport } from "../quantize/report.ts";
import { checkKept, type RuleOptions } from "../quantize/rules.ts";
import type { CalibrationSamples } from "../quantize/samples.ts";
import { measureParts, partsOf, type MeasuredPart } from "../quantize/sensitivity.ts";
import {
  encodingsOf,
  readerFor,
  writeQuantized,
  type ModelToQuantize,
} from "../quantize/write-quantized.ts";
import { openModel } from "../session.ts";

export interface QuantizeOptions extends Omit<RuleOptions, "raised"> {
  readonly out: string;
  /** Pictures to calibrate int4 on. */
  readonly calibrate: readonly string[];
  /** Layers, or the table, go to 8 bits until no cosine is below it. */
  readonly targetCosine?: number;
  /** Pictures to measure on. */
  readonly images: readonly string[];
  readonly texts?: string;
  readonly measure: boolean;
  readonly json?: boolean;
}

/**
 * Writes a checkpoint folder whose matrices are quantised, and reports how close its embeddings are
 * to the original's. Throws DiagnosticError, WeightsError, InputError and FileError.
 */
export async function quantizeCheckpoint(given: string, options: QuantizeOptions): Promise<void> {
  const folder = await modelFolder(given);
  const { to, targetCosine: target } = options;
  const out = resolve(options.out);
  if (out === resolve(folder))
    throw new InputError(`--out: ${out} is the checkpoint itself; name another folder`);
  if (options.calibrate.length > 0 && to !== "int4")
    throw new InputError(`--calibrate: only int4 can be calibrated, received --to ${to}`);
  if (options.zeroPoints && to !== "int4")
    throw new InputError(`--zero-points: only int4 can have them, received --to ${to}`);
  if (target !== undefined && (to !== "int4" || !options.measure))
    throw new InputError(
      "--target-cosine: expected --to int4, whose layers can be kept in 8 bits, without " +
        `--no-measure, received --to ${to}${options.measure ? "" : " --no-measure"}`,
    );
  const texts = options.texts === undefined ? [] : await linesIn(options.texts);
  const checkpoint = await openCheckpoint(folder);
  try {
    const spec = loadSpec(folder);
    if (spec.quantize)
      throw new InputError(
        `${folder} is already quantised: expected a checkpoint with float weights`,
      );
    const found = findMatrices(spec);
    // Noise has no aspect ratio.
    const pictures = options.images.length + options.calibrate.length;
    if (found.naflex && target !== undefined && pictures === 0)
      throw new InputError(
        `${folder}: the layers of a NaFlex model are measured on pictures: give --images beside ` +
          "--target-cosine",
      );
    const model: ModelToQuantize = {
      ...found,
      checkpoint,
      source: await bindCheckpoint(
        { tensors: Object.fromEntries(found.tensors) },
        checkpoint.weights,
      ),
    };
    checkKept(options.keep, [...found.matrices.keys()], fitsPattern);
    const samples: CalibrationSamples = { pictures: options.calibrate, texts };
    const grams =
      options.calibrate.length === 0
        ? new Map<string, Gram>()
        : await gramsOf(model, spec, options, samples);
    const calibration = options.calibrate.length === 0 ? "" : JSON.stringify(samples);
    // The pictures that it is calibrated on serve where there are no others.
    const measuring: Samples = {
      pictures: options.images.length > 0 ? options.images : options.calibrate,
      texts,
    };
    const original = options.measure ? await embedSamples(folder, measuring) : undefined;
    const raised: string[] = [];
    const encoded = new Map<string, Encoded>();
    let parts: readonly MeasuredPart[] | undefined;
    for (;;) {
      const { files, errors } = await writeQuantized(model, {
        ...options,
        ...{ out, grams, calibration, raised },
        ...(target !== undefined && { encoded }),
      });
      const kept = original && compared(original, await embedSamples(out, measuring), measuring);
      if (target !== undefined && kept && misses(kept, target)) {
        parts ??= await partsMeasured(model, spec, options, measuring);
        const next = nextParts(kept, target, parts, raised);
        raised.push(...next);
        if (next.length > 0) continue;
      }
      const report: QuantizationReport = {
        ...{ out, to, errors, raised },
        bytes: { before: await bytesIn(folder), after: await sizeOf(out, files) },
        ...(kept && { kept }),
      };
      process.stdout.write(
        options.json ? `${JSON.stringify(report)}\n` : quantizationReport(report),
      );
      if (target !== undefined && kept && misses(kept, target)) {
        process.stderr.write(`the cosines stay below ${target} even with every layer in 8 bits\n`);
        process.exitCode = 1;
      }
      return;
    }
  } finally {
    await checkpoint.close();
  }
}

const misses = ({ images, texts }: NonNullable<QuantizationReport["kept"]>, target: number) =>
  [images, texts].some((of) => of && of.least < target);

/** Names of the matrices that go to 4 bits. */
const in4Bits = (model: ModelToQuantize, options: RuleOptions): string[] =>
  [...encodingsOf(model, options)].flatMap(([name, encoding]) =>
    encoding.kind === "packed" && encoding.storage.bits === 4 ? [name] : [],
  );

/** The model's weights, norms folded as the result's are. */
const foldedWeights = (model: ModelToQuantize, options: QuantizeOptions): WeightReader => ({
  readFloat32: readerFor(model, options),
  readRowsFloat32: model.source.readRowsFloat32.bind(model.source),
});

/** What each part in 4 bits of the checkpoint that was just written costs. */
async function partsMeasured(
  model: ModelToQuantize,
  spec: ModelSpec,
  options: QuantizeOptions,
  samples: Samples,
): Promise<readonly MeasuredPart[]> {
  const { checkpoint, matrices, tensors } = model;
  const names = in4Bits(model, { ...options, raised: [] });
  const sizes = names.map((name): [string, number] => {
    const { rows, columns } = entryOf(matrices, name, "matrix");
    return [name, rows * columns];
  });
  const [opened, written] = [
    await openModel(checkpoint.folder, { lazy: true, pictures: samples.pictures.length > 0 }),
    await openCheckpoint(resolve(options.out)),
  ];
  try {
    const readers = {
      original: foldedWeights(model, options),
      quantised: await bindCheckpoint({ tensors: Object.fromEntries(tensors) }, written.weights),
    };
    return await withProgress("measuring layers", (report) =>
      measureParts(spec, opened, readers, samples, matrices, partsOf(new Map(sizes)), report),
    );
  } finally {
    await written.close();
    await opened.close();
  }
}

/** Sums over the calibration's samples, by a model whose norms are folded as the result's are. */
async function gramsOf(
  model: ModelToQuantize,
  spec: ModelSpec,
  options: QuantizeOptions,
  samples: CalibrationSamples,
): Promise<ReadonlyMap<string, Gram>> {
  const wanted = new Set(in4Bits(model, { ...options, raised: [] }));
  const weights = foldedWeights(model, options);
  const opened = await openModel(model.checkpoint.folder, { lazy: true, pictures: true });
  try {
    return await withProgress("calibrating", (report) =>
      calibrate(spec, opened, weights, samples, wanted, report),
    );
  } finally {
    await opened.close();
  }
}

type Embedded = Awaited<ReturnType<typeof embedSamples>>;

function compared(
  a: Embedded,
  b: Embedded,
  samples: Samples,
): NonNullable<QuantizationReport["kept"]> {
  const [images, texts] = [cosines(a.images, b.images), cosines(a.texts, b.texts)];
  return {
    ...(images && { images: { ...images, noise: samples.pictures.length === 0 } }),
    ...(texts && { texts: { ...texts, noise: samples.texts.length === 0 } }),
    ...(images && texts && { answers: answersKept(a, b) }),
  };
}

async function linesIn(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw fileError("read", path, cause);
  });
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new InputError(`${path}: expected one text per line, found none`);
  return lines;
}

const isWeights = (name: string): boolean => name.endsWith(".safetensors");

const bytesIn = async (folder: string): Promise<number> =>
  sizeOf(folder, (await readdir(folder)).filter(isWeights));

async function sizeOf(folder: string, files: readonly string[]): Promise<number> {
  const states = await Promise.all(files.map((file) => stat(join(folder, file))));
  return states.reduce((sum, { size }) => sum + size, 0);
}
