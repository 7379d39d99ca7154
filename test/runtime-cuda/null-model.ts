/**
 * A model whose kernels do nothing, for what is about everything but kernels: an output lies where
 * an input does, so a run gives back what it was given.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syntheticWeights, type WeightSource } from "@sigil/runtime";
import type { CudaArtifact } from "@sigil/runtime-cuda";
import { sealPlan, type Plan } from "@sigil/spec";
import { readLines } from "../support/json-lines.ts";

export const width = 1000;
export const mostBatch = 8;
const batch = { factor: 1, symbols: ["batch"] };
const arena = (offset: number) => ({ space: "arena", offset }) as const;
const weights = (offset: number) => ({ space: "weights", offset }) as const;

/**
 * Weights: what `init` computes at 0, then two tensors as one matrix. Arena: x and y at 0, the
 * gathered rows and `rows` behind.
 */
export const plan: Plan = sealPlan({
  version: 1,
  name: "null",
  kind: "graph",
  architecture: "null",
  storage: "float32",
  config: {},
  tensors: { a: [width, width], b: [1, width], table: [16, 4] },
  programs: [
    {
      name: "net",
      symbols: { batch: mostBatch },
      inputs: [
        { name: "x", dtype: "float32", shape: [batch, width], location: arena(0) },
        { name: "ids", dtype: "int32", shape: [batch] },
      ],
      outputs: [
        { name: "y", dtype: "float32", shape: [batch, width], location: arena(0) },
        { name: "rows", dtype: "float32", shape: [batch, 4], location: arena(32768) },
        {
          name: "halves",
          dtype: "float32",
          stored: "bfloat16",
          shape: [batch, 8],
          location: arena(32768),
        },
      ],
      weights: [
        {
          offset: 256,
          bytes: 4 * (width + 1) * width,
          rows: width + 1,
          columns: width,
          layout: { kind: "rows" },
          parts: [
            { tensor: "a", begin: 0, end: width },
            { tensor: "b", begin: 0, end: 1 },
          ],
        },
      ],
      weightBytes: 256 + 4 * (width + 1) * width,
      arenaBytes: 33024,
      scratchBytes: 0,
      gathers: [{ input: "ids", table: "table", count: batch, width: 4, target: arena(32768) }],
      init: [
        {
          kernel: "fold_0",
          operands: [weights(256), weights(0)],
          extents: [],
          origins: ["net.fold"],
        },
      ],
      launches: [
        {
          kernel: "gemm_0",
          operands: [arena(0), weights(256), arena(256)],
          extents: [batch, 7],
          origins: ["net.first"],
        },
        {
          kernel: "gemm_1",
          operands: [arena(256), weights(0)],
          extents: [batch],
          origins: ["net.second", "net.act"],
        },
      ],
      flops: 0,
    },
  ],
} as const);

const image = [
  "kernel fold_0 8 8",
  "kernel gemm_0 8 8 8 4 4",
  "kernel gemm_0_small 8 8 8 4 4",
  "kernel gemm_1 8 8 4 64",
];

/** `lines` go into the image's head: emulator/driver/image.h. */
export const nullImage = (...lines: readonly string[]): Uint8Array =>
  new TextEncoder().encode(["sigil-null-image 1", ...lines, ...image, ""].join("\n"));

/** A launch of fold_0, as the addon takes it: both of its pointers are `place`. */
export const foldLaunch = (kernel: number, place: bigint) => ({
  kernel,
  grid: [1],
  threads: 32,
  cluster: 0,
  sharedBytes: 0,
  programmatic: false,
  parameters: new Uint8Array(BigUint64Array.of(place, place).buffer),
  offsets: [0, 8],
  maps: [],
  about: "nothing",
});

const kernels: CudaArtifact["kernels"]["portable"] = {
  fold_0: { grid: [{ of: 1, per: 1 }], threads: 128, sharedBytes: 0, tensorMaps: [] },
  gemm_0: {
    grid: [
      { of: width, per: 64 },
      { of: batch, per: 2 },
    ],
    threads: 256,
    sharedBytes: 65536,
    tensorMaps: [],
  },
  gemm_1: {
    grid: [{ of: { factor: 10, symbols: ["batch"] }, per: 1 }],
    persistent: true,
    cluster: 2,
    threads: 384,
    sharedBytes: 0,
    tensorMaps: [
      {
        operand: 0,
        offset: 64,
        dtype: "bfloat16",
        sizes: [64, batch],
        strides: [128],
        box: [64, 1],
        swizzle: "128",
      },
    ],
  },
};

export const artifact = (
  given: Uint8Array = nullImage(),
  changes: Partial<CudaArtifact> = {},
): CudaArtifact => ({
  plan,
  kernels: { portable: kernels, hopper: {} },
  images: { portable: async () => given, hopper: async () => given },
  ...changes,
});

export const source = (): WeightSource =>
  syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    1,
  );

/** Inputs of a run. */
export const inputs = (size: number) => ({
  x: { data: Float32Array.from({ length: size * width }, (_, i) => i), shape: [size, width] },
  ids: { data: Int32Array.from({ length: size }, (_, i) => i % 16), shape: [size] },
});

/** What the emulated driver writes of one call. */
export interface CallRecord {
  readonly call?: string;
  readonly problem?: string;
  readonly status?: number;
  readonly kernel?: string;
  readonly grid?: string;
  readonly parameters?: string;
  readonly cluster?: number;
  readonly bytes?: number;
  readonly launches?: number;
  /** Launches of a graph to which a programmatic edge leads. */
  readonly programmatic?: number;
}

/** Runs `body` with the emulated driver's settings. Returns what it recorded, and its misuse. */
export async function recorded(
  settings: Readonly<Record<string, string>>,
  body: () => Promise<void>,
): Promise<{ readonly calls: readonly CallRecord[]; readonly problems: readonly string[] }> {
  const log = join(mkdtempSync(join(tmpdir(), "sigil-cuda-")), "log.jsonl");
  const all: Record<string, string> = { ...settings, LOG: log };
  for (const [name, value] of Object.entries(all)) process.env[`SIGIL_EMULATED_${name}`] = value;
  try {
    await body();
  } finally {
    for (const name of Object.keys(all)) delete process.env[`SIGIL_EMULATED_${name}`];
  }
  const lines = readLines<CallRecord>(log);
  return {
    calls: lines.filter(({ call }) => call),
    problems: lines.flatMap(({ problem }) => problem ?? []),
  };
}
