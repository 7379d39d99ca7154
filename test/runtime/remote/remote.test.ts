/**
 * Sessions on the other side of a port: what crosses it, and what becomes of those who wait when
 * the other side fails.
 */
import { compile } from "@sigil/compiler";
import {
  bindPlan,
  bufferSource,
  connectSession,
  InputError,
  openSafetensors,
  serveSessions,
  Session,
  SiglipModel,
  syntheticWeights,
  WeightsError,
  WorkerError,
  writeSafetensors,
  type Connection,
  type ConnectOptions,
  type WeightSource,
} from "@sigil/runtime/internal";
import { CapacityError, openCpuSession, type CpuArtifact } from "@sigil/runtime-cpu";
import type { Plan } from "@sigil/spec";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { onAbort } from "../../../runtime/dist/weights/on-abort.js";
import { goldenCase, type GoldenCase } from "../../support/golden-cases.ts";
import { LocalWorker } from "../../support/local-worker.ts";

let golden: GoldenCase;
let artifact: CpuArtifact;
let weights: WeightSource;
beforeAll(async () => {
  golden = await goldenCase("tiny");
  const { plan, cpu } = await compile({ ...golden.spec, targets: ["cpu"] });
  artifact = { plan, wasm: cpu };
  const source = syntheticWeights(
    Object.entries(plan.tensors).map(([name, shape]) => ({ name, shape })),
    golden.seed,
  );
  // Stored as bfloat16, so that bytes cross and are converted on the other side.
  const tensors = await Promise.all(
    [...source.tensors].map(
      async ([name, { shape }]) =>
        [name, { dtype: "BF16", shape, data: await source.readFloat32(name) }] as const,
    ),
  );
  weights = await openSafetensors(bufferSource(writeSafetensors(new Map(tensors))));
});

const serving = (failure?: Error): LocalWorker => {
  const worker = new LocalWorker();
  serveSessions(worker.scope, async ({ plan, artifact: wasm, options }, remote) => {
    if (failure) throw failure;
    return {
      session: await openCpuSession({ plan, wasm: wasm as CpuArtifact["wasm"] }, remote, {
        ...options,
        threads: 1,
        lazy: true,
      }),
      about: () => ({ answer: 42 }),
    };
  });
  return worker;
};
const connections: Connection[] = [];
const connect = async (
  worker: LocalWorker,
  more: Partial<ConnectOptions> = {},
): Promise<Connection> => {
  const connection = await connectSession({
    worker: worker as unknown as Worker,
    owned: true,
    plan: artifact.plan,
    artifact: artifact.wasm,
    options: {},
    weights: bindPlan(artifact.plan, weights),
    errors: { CapacityError },
    ...more,
  });
  connections.push(connection);
  return connection;
};
afterEach(
  async () =>
    void (await Promise.all(connections.splice(0).map((connection) => connection.close()))),
);
const sessionOf = ({ create, backend }: Connection, plan: Plan = artifact.plan): Session =>
  new Session(plan, create, { weights, backend });
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );

describe("a session in a worker", () => {
  it("gives the results of one that is here, bit for bit, and leaves inputs alone", async () => {
    const worker = serving();
    const connection = await connect(worker);
    expect([connection.backend, await connection.about()]).toEqual([
      "cpu: WebAssembly",
      { answer: 42 },
    ]);
    const there = new SiglipModel(sessionOf(connection));
    const here = new SiglipModel(await openCpuSession(artifact, weights, { threads: 1 }));
    const { data, shape } = golden.pixels;
    // More pictures than a run takes, so that the session splits them.
    const pixels = {
      data: Float32Array.from(
        { length: data.length * 5 },
        (_, i) => data[i % data.length]! / (1 + i / data.length),
      ),
      shape: [shape[0]! * 5, ...shape.slice(1)],
    };
    expect(await there.getImageFeatures({ pixelValues: pixels })).toEqual(
      await here.getImageFeatures({ pixelValues: pixels }),
    );
    const ids = {
      inputIds: [
        new Array<number>(
          (artifact.plan.config.text_config as { max_position_embeddings: number })
            .max_position_embeddings,
        ).fill(3),
      ],
    };
    expect(await there.getTextFeatures(ids)).toEqual(await here.getTextFeatures(ids));
    expect(pixels.data.byteLength).toBeGreaterThan(0);
    await here.dispose();
    await connection.close();
    expect(worker.terminated).toBe(true);
  });

  it("tells progress, and is aborted for the caller's own reason", async () => {
    const seen: number[] = [];
    const abort = new AbortController();
    let reads = 0;
    const bound = bindPlan(artifact.plan, weights);
    // Two tensors come; the others would take forever.
    const slow: WeightSource = {
      ...bound,
      read: (name, options) =>
        reads++ < 2
          ? bound.read(name)
          : new Promise((_, reject) =>
              onAbort(options!.signal!, () => reject(new Error("read was stopped"))),
            ),
    };
    const connection = await connect(serving(), {
      weights: slow,
      options: {
        signal: abort.signal,
        onProgress: ({ loadedBytes, totalBytes }: { loadedBytes: number; totalBytes: number }) => (
          seen.push(loadedBytes / totalBytes), seen.length === 2 && abort.abort(new Error("enough"))
        ),
      },
    });
    await expect(connection.create(artifact.plan.programs[0]!)).rejects.toThrow("enough");
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen.at(-1)).toBeLessThan(1);
  });

  it(
    "throws what a listener throws from loading, as without a worker, stops reading, and can " +
      "load again",
    async () => {
      const program = artifact.plan.programs[0]!;
      const bound = bindPlan(artifact.plan, weights);
      let reads = 0;
      let stopped = 0;
      let broken = true;
      // Two tensors come; the others would take forever.
      const slow: WeightSource = {
        ...bound,
        read: (name, options) =>
          !broken || reads++ < 2
            ? bound.read(name)
            : new Promise((_, reject) =>
                onAbort(options!.signal!, () => (stopped++, reject(options!.signal!.reason))),
              ),
      };
      const thrown = new Error("a bar that is not on the page");
      const onProgress = () => {
        if (broken) throw thrown;
      };
      const session = sessionOf(
        await connect(serving(), { weights: slow, options: { onProgress } }),
      );
      expect(await failure(session.load(program))).toBe(thrown);
      expect(stopped).toBeGreaterThan(0);
      broken = false;
      await session.load(program);
    },
  );

  it(
    "stops waiting for weights when it is told to, rows too, though they are read here all the " +
      "same",
    async () => {
      const endless: WeightSource = {
        ...weights,
        tensors: weights.tensors,
        read: () => new Promise(() => {}),
        readRowsFloat32: () => new Promise(() => {}),
      };
      const worker = new LocalWorker();
      const outcomes: unknown[] = [];
      serveSessions(worker.scope, async (_, remote) => {
        const abort = new AbortController();
        const [name] = remote.tensors.keys();
        const reads = [
          remote.read(name!, { signal: abort.signal }),
          remote.readFloat32(name!, { signal: abort.signal }),
          remote.readRowsFloat32(name!, [0], { signal: abort.signal }),
        ];
        abort.abort("enough");
        outcomes.push(
          ...(await Promise.allSettled([
            ...reads,
            remote.readRowsFloat32(name!, [0], { signal: abort.signal }),
          ])),
        );
        throw new Error("seen");
      });
      expect(await failure(connect(worker, { weights: endless }))).toMatchObject({
        message: "seen",
      });
      expect(outcomes).toEqual(Array(4).fill({ status: "rejected", reason: "enough" }));
    },
  );

  it("reports what a listener throws while nobody waits, as an event's would be", async () => {
    const report = vi.fn();
    vi.stubGlobal("reportError", report);
    try {
      const worker = new LocalWorker();
      let tell = () => {};
      serveSessions(worker.scope, async ({ plan, artifact: wasm, options }, remote) => {
        tell = options.onDeviceLost as () => void;
        return {
          session: await openCpuSession({ plan, wasm: wasm as CpuArtifact["wasm"] }, remote, {
            threads: 1,
            lazy: true,
          }),
        };
      });
      const thrown = new Error("not there");
      const connection = await connect(worker, {
        options: {
          onDeviceLost: () => {
            throw thrown;
          },
        },
      });
      tell();
      await vi.waitFor(() => expect(report.mock.calls).toEqual([[thrown]]));
      // Nothing else is the worse for it.
      await connection.create(artifact.plan.programs[0]!);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each([
    [
      "WeightsError",
      new WeightsError("is damaged", {
        file: "f",
        tensor: "t",
        expected: "a",
        received: "b",
        issues: ["one", "two"],
      }),
      WeightsError,
    ],
    ["InputError", new InputError("no such input"), InputError],
    ["CapacityError", new CapacityError("vision", 2 ** 33, "float16"), CapacityError],
    ["RangeError", new RangeError("threads must be positive"), RangeError],
  ])("throws a %s as it was thrown there", async (_, thrown, type) => {
    const worker = serving(thrown);
    const error = await failure(connect(worker));
    expect(error).toBeInstanceOf(type);
    expect({
      ...(error as Error),
      message: (error as Error).message,
      name: (error as Error).name,
    }).toMatchObject({ ...thrown, message: thrown.message, name: thrown.name });
    expect(worker.terminated).toBe(true);
  });

  it("throws what reading weights throws here, through the worker", async () => {
    const broken: WeightSource = {
      ...weights,
      read: async (name) => {
        throw new WeightsError("cannot be fetched", {
          file: "https://example.org/m",
          tensor: name,
        });
      },
    };
    const connection = await connect(serving(), { weights: broken });
    const error = await failure(connection.create(artifact.plan.programs[0]!));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error).toMatchObject({ file: "https://example.org/m" });
  });
});

describe("a signal", () => {
  const reason = new Error("unmounted");

  it("that has aborted already settles opening, and ends the worker", async () => {
    const worker = serving();
    const options = { signal: AbortSignal.abort(reason) };
    expect(await failure(connect(worker, { options }))).toBe(reason);
    expect(worker.terminated).toBe(true);
  });

  it("settles opening in a worker that never answers", async () => {
    const worker = new LocalWorker();
    const abort = new AbortController();
    const opening = failure(connect(worker, { options: { signal: abort.signal } }));
    abort.abort(reason);
    expect(await opening).toBe(reason);
    expect(worker.terminated).toBe(true);
  });

  it("that aborts while a worker of the caller's opens leaves no session there", async () => {
    const worker = new LocalWorker();
    const abort = new AbortController();
    const disposed = vi.fn();
    serveSessions(worker.scope, async ({ plan, artifact: wasm }, remote) => {
      abort.abort(reason);
      // The other side has left when this session is there.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const session = await openCpuSession({ plan, wasm: wasm as CpuArtifact["wasm"] }, remote, {
        threads: 1,
        lazy: true,
      });
      const { dispose } = session;
      session.dispose = () => (disposed(), dispose.call(session));
      return { session };
    });
    const options = { signal: abort.signal };
    expect(await failure(connect(worker, { options, owned: false }))).toBe(reason);
    await vi.waitFor(() => expect(disposed).toHaveBeenCalled());
    expect(worker.terminated).toBe(false);
  });

  it("is one for all reads, so that a source can merge them", async () => {
    const signals = new Set<AbortSignal | undefined>();
    const bound = bindPlan(artifact.plan, weights);
    const watched: WeightSource = {
      ...bound,
      read: (name, options) => (signals.add(options?.signal), bound.read(name)),
    };
    const options = { signal: new AbortController().signal };
    const connection = await connect(serving(), { weights: watched, options });
    await connection.create(artifact.plan.programs[0]!);
    expect(signals.size).toBe(1);
  });
});

describe("a file in a Buffer of Node", () => {
  it("stays whole when it crosses", async () => {
    const file = Buffer.from(
      writeSafetensors(
        new Map(
          await Promise.all(
            [...weights.tensors].map(
              async ([name, { shape }]) =>
                [name, { dtype: "F32", shape, data: await weights.readFloat32(name) }] as const,
            ),
          ),
        ),
      ),
    );
    const connection = await connect(serving(), {
      weights: bindPlan(artifact.plan, await openSafetensors(bufferSource(file))),
    });
    await connection.create(artifact.plan.programs[0]!);
    expect(file.length).toBeGreaterThan(0);
  });
});

describe("a worker that fails", () => {
  it("by ending, which its port tells, rejects what waits", async () => {
    const worker = new LocalWorker();
    worker.scope.onmessage = ({ ports: [port] }) => port!.close();
    expect(await failure(connect(worker))).toMatchObject({
      name: "WorkerError",
      message: "the worker has ended",
    });
  });

  it("rejects what waits and what comes", async () => {
    const worker = serving();
    const connection = await connect(worker, {
      weights: { ...bindPlan(artifact.plan, weights), read: () => new Promise(() => {}) },
    });
    const pending = failure(connection.create(artifact.plan.programs[0]!));
    worker.dispatchEvent(Object.assign(new Event("error"), { message: "out of memory" }));
    expect(await pending).toBeInstanceOf(WorkerError);
    expect(await pending).toMatchObject({ message: "the worker failed: out of memory" });
    await expect(connection.create(artifact.plan.programs[0]!)).rejects.toThrow("out of memory");
  });

  it("to answer at all is given up, and told what it should run", async () => {
    vi.useFakeTimers();
    try {
      const worker = new LocalWorker();
      const pending = failure(connect(worker));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await pending).toMatchObject({
        name: "WorkerError",
        message: expect.stringMatching(/must run the entry @sigil\/runtime-webgpu\/worker/),
      });
      expect(worker.terminated).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
