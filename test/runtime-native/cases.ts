/** Programs and their operands as files, which run_case.cpp runs without Node. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitNative, lowerSpec, planProgram } from "@sigil/compiler/internal";
import { bindCheckpoint, syntheticWeights, uniform, valueOf } from "@sigil/runtime/internal";
import { afterAll } from "vitest";
import { emitCpu } from "../../compiler/dist/backends/cpu/index.js";
import type { NativePart, NativeProgram } from "../../runtime-native/dist/addon.js";
import { encodeProgram } from "../../runtime-native/dist/encode.js";
import { placeWeights } from "../../runtime-native/dist/weights.js";
import { goldenCase } from "../support/golden-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "sigil-native-"));
afterAll(() => rmSync(folder, { recursive: true }));

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const bytesOf = (data: ArrayBufferView): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/**
 * Writes the programs of a golden case's model, stored as a spec says it, or as integers that meet
 * integers; their paths.
 */
export async function writeCases(name: string, storage = "float32"): Promise<string[]> {
  const golden = await goldenCase(name, {
    ...(storage === "integers" ? { storage: "int8", activations: "int8" } : { storage }),
    batch: { image: 2, text: 2 },
  });
  const paths: string[] = [];
  for (const { lowered } of lowerSpec(golden.spec)) {
    const launches = [...lowered.init, ...lowered.launches];
    const { kernels } = await emitCpu(launches, { relaxed: false, sharedMemory: true });
    const { planned } = planProgram(lowered, kernels);
    const problems = emitNative(
      launches.map(({ problem }) => problem),
      kernels.map((kernel) => kernel.name),
    );
    const weights: (Float32Array | Uint8Array)[] = [];
    await placeWeights(
      {
        async place(i: number, [part]: readonly NativePart[]) {
          weights[i] = (part as { data: Float32Array | Uint8Array }).data;
        },
      } as NativeProgram,
      planned,
      await bindCheckpoint(
        { tensors: lowered.tensors, programs: [planned] },
        syntheticWeights(
          Object.entries(lowered.tensors).map(([tensor, shape]) => ({ name: tensor, shape })),
          golden.seed,
        ),
      ),
      {},
    );
    const words = encodeProgram(planned, problems!);
    const inputs = [...planned.inputs, ...planned.gathers].flatMap((input) => {
      const place = "target" in input ? input.target : input.location;
      if (!place) return [];
      const count =
        "target" in input
          ? valueOf(input.count, planned.symbols) * input.width
          : input.shape.reduce<number>((n, size) => n * valueOf(size, planned.symbols), 1);
      return [{ at: place.offset, data: bytesOf(uniform(`input ${place.offset}`, count, 1)) }];
    });
    const symbols = Object.values(planned.symbols);
    const path = join(folder, `${name}.${planned.name}.${storage}.case`);
    writeFileSync(
      path,
      Buffer.concat([
        word(words.length),
        bytesOf(words),
        word(weights.length),
        ...weights.flatMap((data) => [word(data.byteLength), bytesOf(data)]),
        word(symbols.length),
        ...symbols.map(word),
        word(inputs.length),
        ...inputs.flatMap(({ at, data }) => [word(at), word(data.length), data]),
      ]),
    );
    paths.push(path);
  }
  return paths;
}

/** What a run leaves in the arena; undefined where the machine lacks the instruction set. */
export function arenaAfter(
  command: readonly string[],
  set: string,
  threads: number,
  path: string,
): Buffer | undefined {
  const out = join(folder, "arena");
  const [program, ...args] = [...command, "run", set, String(threads), path, out];
  const { status, stderr, error } = spawnSync(program!, args, { encoding: "utf8" });
  if (status === 3) return undefined;
  if (status !== 0) throw new Error(`${set}, ${path}: ${error?.message ?? stderr}`);
  return readFileSync(out);
}
