/** A model case opened on each backend that tests reach, one through a worker. */
import { compile } from "@sigil/compiler";
import {
  bindPlan,
  connectSession,
  serveSessions,
  Session,
  syntheticWeights,
  type WeightSource,
} from "@sigil/runtime/internal";
import { openCpuSession, type CpuArtifact } from "@sigil/runtime-cpu";
import { openWebGpuSession } from "@sigil/runtime-webgpu";
import type { Plan } from "@sigil/spec";
import { emulatedDriver, openEmulated } from "./cuda.ts";
import type { GoldenCase } from "./golden-cases.ts";
import { LocalWorker } from "./local-worker.ts";
import { gpu } from "./webgpu.ts";

export interface TestedBackend {
  readonly name: string;
  /** Whether this machine has what it needs; REQUIRE=webgpu,g++ fails where it has not. */
  readonly here: boolean;
  /** Opens the case; `lazy` loads programs when they are first run. */
  open(golden: GoldenCase, options?: { readonly lazy?: boolean }): Promise<Session>;
}

const weightsOf = ({ tensors }: Plan, seed: number): WeightSource =>
  syntheticWeights(
    Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
    seed,
  );

const onCpu =
  (threads: number): TestedBackend["open"] =>
  async ({ spec, seed }, { lazy = false } = {}) => {
    const { plan, cpu } = await compile({ ...spec, targets: ["cpu"] });
    return openCpuSession({ plan, wasm: cpu }, weightsOf(plan, seed), {
      threads,
      lazy,
      onWarning: () => {},
    });
  };

/** A session here whose programs another thread's code runs, behind a port. */
class ConnectedSession extends Session {
  readonly #close: () => Promise<void>;

  constructor(close: () => Promise<void>, ...parameters: ConstructorParameters<typeof Session>) {
    super(...parameters);
    this.#close = close;
  }

  override async dispose(): Promise<void> {
    await super.dispose();
    await this.#close();
  }
}

const inWorker: TestedBackend["open"] = async ({ spec, seed }, { lazy = false } = {}) => {
  const { plan, cpu } = await compile({ ...spec, targets: ["cpu"] });
  const worker = new LocalWorker();
  serveSessions(worker.scope, async ({ plan: given, artifact, options }, remote) => ({
    session: await openCpuSession({ plan: given, wasm: artifact as CpuArtifact["wasm"] }, remote, {
      ...options,
      threads: 1,
      lazy: true,
    }),
  }));
  const weights = bindPlan(plan, weightsOf(plan, seed));
  const { create, backend, close } = await connectSession({
    worker: worker as unknown as Worker,
    owned: true,
    plan,
    artifact: cpu,
    options: {},
    weights,
  });
  const session = new ConnectedSession(close, plan, create, {
    weights,
    backend,
    onWarning: () => {},
  });
  if (!lazy) for (const program of plan.programs) await session.load(program);
  return session;
};

const onWebGpu: TestedBackend["open"] = async ({ spec, seed }, { lazy = false } = {}) => {
  const { webgpu } = await compile({ ...spec, targets: ["webgpu"] });
  return openWebGpuSession(webgpu!, weightsOf(webgpu!.plan, seed), {
    gpu: gpu!,
    lazy,
    onWarning: () => {},
  });
};

export const everyBackend: readonly TestedBackend[] = [
  { name: "cpu", here: true, open: onCpu(1) },
  { name: "cpu with two threads", here: true, open: onCpu(2) },
  { name: "cpu in a worker", here: true, open: inWorker },
  { name: "webgpu", here: gpu !== undefined, open: onWebGpu },
  {
    name: "cuda-emulated",
    here: emulatedDriver !== undefined,
    open: ({ spec, seed }, { lazy = false } = {}) => openEmulated(spec, seed, { lazy }),
  },
];
