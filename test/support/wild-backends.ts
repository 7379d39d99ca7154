/** Backends on which checkpoints are compared with what other software gave. */
import { compile } from "@sigil/compiler";
import type { Session } from "@sigil/runtime/internal";
import { openCpuSession } from "@sigil/runtime-cpu";
import { openCudaSession } from "@sigil/runtime-cuda";
import { emulate } from "@sigil/runtime-cuda/emulated";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import { emulatedDriver } from "./cuda.ts";
import { gpu } from "./webgpu.ts";
import type { OpenedCase } from "./wild-cases.ts";

const quiet = { onWarning: () => {} };

/** A spec, and weights for it. */
interface OpenableCase {
  readonly spec: OpenedCase["spec"];
  readonly checkpoint: Pick<OpenedCase["checkpoint"], "weights">;
}

export interface WildBackend {
  readonly name: string;
  readonly here: boolean;
  /** Of float32 through two layers; WGSL's `exp` is only good to a few ulp. */
  readonly tolerance: number;
  open(opened: OpenableCase): Promise<Session>;
}

export const wildBackends: readonly WildBackend[] = [
  {
    name: "cpu",
    here: true,
    tolerance: 1e-5,
    async open({ spec, checkpoint }) {
      const { plan, cpu } = await compile(spec);
      return openCpuSession({ plan, wasm: cpu }, checkpoint.weights, quiet);
    },
  },
  {
    name: "webgpu",
    here: gpu !== undefined,
    tolerance: 2e-5,
    async open({ spec, checkpoint }) {
      const { webgpu } = await compile({ ...spec, targets: ["webgpu"] });
      return openWebGpuSession(webgpu!, checkpoint.weights, { ...quiet, gpu: gpu! });
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
