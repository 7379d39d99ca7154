/** The kernels that the published specs and the fixtures compile to, each text once. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  cudaPaths,
  emitCuda,
  gatherOnDevice,
  lowerSpec,
  narrow,
  type CudaKernel,
  type CudaPath,
} from "@sigil/compiler/internal";
import { loadSpec, specPath, type ModelSpec, type StorageRule } from "@sigil/spec";
import { fixtures, goldenCase } from "../support/golden-cases.ts";

export const storages = ["float32", "float16", "bfloat16"] as const;

/** Pictures as bytes, normalised as SigLIP's processors do. */
export const normalisedBytes: ModelSpec["pixels"] = {
  dtype: "uint8",
  rescaleFactor: 1 / 255,
  imageMean: [0.5, 0.5, 0.5],
  imageStd: [0.5, 0.5, 0.5],
};

export interface DistinctKernel {
  /** Unique, and the same whatever other kernels there are; also the kernel's name in `text`. */
  readonly name: string;
  readonly path: CudaPath;
  /** What it is an instance of: storage, family and choice. A row of the table of resources. */
  readonly kind: string;
  /** Where it was met first. */
  readonly origin: string;
  readonly text: string;
  readonly kernel: CudaKernel;
}

/** Codes of every kind, each in a layer. */
const everyCode: readonly StorageRule[] = [
  { pattern: "*.layers.0.*", storage: { bits: 8 } },
  { pattern: "*.layers.1.*", storage: { bits: 4, group: 32 } },
  { pattern: "*.layers.2.*", storage: { bits: 4, group: 64, zero_point: true } },
  { pattern: "*.layers.*", storage: { bits: 4, block: 64, book: "nf4" } },
];

/**
 * The published specs, the small fixtures, and two of the former for batches that fill a card,
 * whose tiles are the largest, for pictures of bytes, and with quantised weights.
 */
export async function everySpec(): Promise<ModelSpec[]> {
  const published = readdirSync(join(import.meta.dirname, "..", "..", "spec", "models"))
    .sort()
    .map((file) => loadSpec(specPath(file.replace(/\.json$/, ""))));
  const tiny = readdirSync(join(fixtures, "models"))
    .filter((name) => name.startsWith("tiny"))
    .sort();
  const filling = ["siglip-base-patch16-224", "siglip-so400m-patch14-384"].map(
    (name): ModelSpec => ({ ...loadSpec(specPath(name)), batch: { image: 256, text: 256 } }),
  );
  const bytes = filling.flatMap((spec) =>
    [1, 256].map(
      (image): ModelSpec => ({
        ...spec,
        name: `${spec.name} of bytes`,
        batch: { image, text: 256 },
        pixels: normalisedBytes,
      }),
    ),
  );
  const quantised = filling.slice(0, 1).map(
    (spec): ModelSpec => ({
      ...spec,
      name: `${spec.name} of codes`,
      architecture: "siglip-vision",
      quantize: everyCode,
    }),
  );
  return [
    ...published,
    ...(await Promise.all(tiny.map(async (name) => (await goldenCase(name)).spec))),
    ...filling,
    ...bytes,
    ...quantised,
  ];
}

/** In a fixed order. Throws where a spec has a problem that no kernel computes. */
export function distinctKernels(specs: readonly ModelSpec[]): DistinctKernel[] {
  const known = new Map<string, DistinctKernel>();
  for (const spec of specs)
    for (const storage of storages) {
      const launches = lowerSpec({ ...spec, storage }).flatMap(({ lowered }) => {
        const program = gatherOnDevice(narrow(lowered, storage), storage);
        return [...program.init, ...program.launches].map((launch) => ({
          ...launch,
          symbols: program.symbols,
        }));
      });
      const { sources, kernels } = emitCuda(launches);
      for (const path of cudaPaths)
        for (const [name, source] of Object.entries(sources[path])) {
          const choice = /^\/\/ choice: (.*)$/m.exec(source)![1]!;
          const family = name.replace(/_[0-9a-f]+$/, "");
          const body = source.replaceAll(/^\/\/.*\n/gm, "");
          const own = new RegExp(`\\b${name}(?=_parts\\b|\\b)`, "g");
          const key = `${path}${body.replaceAll(own, "@")}`;
          if (path === "hopper" && known.has(`portable${key.slice(path.length)}`)) continue;
          if (known.has(key)) continue;
          const digest = createHash("sha256").update(key).digest("hex");
          const unique = `${family}_${digest.slice(0, 16)}`;
          known.set(key, {
            name: unique,
            path,
            kind: `${path} ${storage} ${family}: ${choice}`,
            origin: `${spec.name} in ${storage}, ${name}`,
            text: key.slice(path.length).replaceAll("@", unique),
            kernel: kernels[path][name]!,
          });
        }
    }
  return [...known.values()];
}
