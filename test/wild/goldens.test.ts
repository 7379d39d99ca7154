/** Checkpoints of open_clip and timm, and towers in larger models, beside what those gave. */
import { compile } from "@sigil/compiler";
import type { Session } from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openCudaSession } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { afterEach, describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { scaledError } from "../support/golden-cases.ts";
import { gpu } from "../support/webgpu.ts";
import { openWild, runWild, wildCases, type OpenedCase } from "../support/wild-cases.ts";

interface Backend {
  readonly name: string;
  readonly here: boolean;
  /** Of float32 through two layers; WGSL's `exp` is only good to a few ulp. */
  readonly tolerance: number;
  open(opened: OpenedCase): Promise<Session>;
}

const backends: readonly Backend[] = [
  {
    name: "cpu",
    here: true,
    tolerance: 1e-5,
    async open({ spec, checkpoint }) {
      const { plan, cpu } = await compile(spec);
      return openCpuSession({ plan, wasm: cpu }, checkpoint.weights, { onWarning: () => {} });
    },
  },
  {
    name: "webgpu",
    here: gpu !== undefined,
    tolerance: 2e-5,
    async open({ spec, checkpoint }) {
      const { webgpu } = await compile({ ...spec, targets: ["webgpu"] });
      return openWebGpuSession(webgpu!, checkpoint.weights, { gpu: gpu!, onWarning: () => {} });
    },
  },
  {
    name: "cuda-emulated",
    here: emulatedDriver !== undefined,
    tolerance: 2e-5,
    async open({ spec, checkpoint }) {
      const { cuda } = await compile({ ...spec, targets: ["cuda"] });
      const { artifact, driver } = await emulate(cuda!);
      return openCudaSession(artifact, checkpoint.weights, { driver, path: "portable" });
    },
  },
];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe.each(backends)("on $name", ({ here, tolerance, open: openSession }) => {
  it.skipIf(!here).each(wildCases)("$name", { timeout: 120_000 }, async (wild) => {
    const opened = await openWild(wild);
    open.push(opened.checkpoint);
    const session = await openSession(opened);
    const actual = await runWild(wild, opened, session);
    await session.dispose();
    for (const [name, stored] of Object.entries(wild.outputs))
      expect(
        scaledError(actual[name]!, await opened.outputs.readFloat32(stored)),
        name,
      ).toBeLessThan(tolerance);
  });
});
