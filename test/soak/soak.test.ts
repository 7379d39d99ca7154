/**
 * What a server does all day: models that come and go, many runs at once, clients that leave.
 * Nothing may grow. REQUIRE=soak takes ten thousand loads instead of some.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  bufferSource,
  DisposedError,
  openSafetensors,
  WorkerError,
  type Session,
  type WeightSource,
} from "@sigil/runtime";
import { openCpuSession, type CpuSessionOptions } from "@sigil/runtime-cpu";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { artifact } from "../../generated/siglip-shapes/cpu.js";
import { fixtures } from "../support/golden-cases.ts";
import { instructionSets } from "../support/native.ts";
import { requires } from "../support/require.ts";

const long = requires("soak");

interface Held {
  readonly megabytes: number;
  readonly threads: number;
  readonly files: number;
  readonly resources: number;
}

describe("loading, running and disposing", () => {
  it.each([
    ["on one thread", { backend: "wasm", threads: 1 }, long ? 10_000 : 40],
    ["on two threads", { backend: "wasm", threads: 2 }, long ? 300 : 8],
    ["in a worker", { backend: "wasm", threads: 1, worker: true }, long ? 300 : 8],
    ...(instructionSets.length > 0
      ? [["natively", { backend: "native", threads: 2 }, long ? 10_000 : 40] as const]
      : []),
  ] as const)("leaves nothing %s", { timeout: 3_600_000 }, (what, options, cycles) => {
    const output = execFileSync(
      process.execPath,
      [join(import.meta.dirname, "cycle.mjs"), String(cycles), JSON.stringify(options)],
      { encoding: "utf8" },
    );
    const { first, most, last } = JSON.parse(output) as Record<"first" | "most" | "last", Held>;
    if (long) console.log(`${cycles} loads ${what}: ${output.trim()}`);
    expect(most.megabytes).toBeLessThan(2 * first.megabytes);
    // A thread that has been told to end may be there for a moment.
    expect(last.threads).toBeLessThanOrEqual(first.threads + 1);
    expect(most.files).toBeLessThanOrEqual(first.files + 1);
    expect(last.resources).toBe(first.resources);
  });
});

let weights: WeightSource;
beforeAll(async () => {
  const file = readFileSync(join(fixtures, "checkpoints/siglip-shapes/model.safetensors"));
  weights = await openSafetensors(bufferSource(file));
});
// The native addon has tests of its own; here threads of JavaScript are ended.
const open = (options: CpuSessionOptions) =>
  openCpuSession(artifact, weights, { backend: "wasm", ...options });
const vision = artifact.plan.programs[0]!;
const pixels = (value: number) => ({
  pixel_values: { data: new Float32Array(3 * 64 * 64).fill(value), shape: [1, 3, 64, 64] },
});
const run = (session: Session, value = 0.5) =>
  session.run(vision, pixels(value), { image_batch: 1 });
const settled = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
/** Threads of this process, where the system tells. */
const threadsNow = (): number =>
  process.platform === "linux" ? readdirSync("/proc/self/task").length : 0;

describe("five hundred runs at once", () => {
  it.each([
    ["on one thread", { threads: 1 }],
    ["on two threads", { threads: 2 }],
    ["in a worker", { threads: 1, worker: true }],
  ] as const)(
    "are each answered by their own result %s",
    { timeout: 300_000 },
    async (_, options) => {
      const session = await open(options);
      const kinds = 5;
      const wanted: Awaited<ReturnType<typeof run>>[] = [];
      for (let kind = 0; kind < kinds; kind++) wanted.push(await run(session, kind / kinds));
      let pings = 0;
      const timer = setInterval(() => pings++, 1);
      const results = await Promise.all(
        Array.from({ length: long ? 500 : 100 }, (_, i) => run(session, (i % kinds) / kinds)),
      );
      clearInterval(timer);
      results.forEach((result, i) => expect(result).toEqual(wanted[i % kinds]));
      // Between any two runs others had their turn.
      expect(pings).toBeGreaterThan(results.length / 4);
      await session.dispose();
    },
  );
});

describe("disposing during runs", () => {
  it.each([
    ["on one thread", { threads: 1 }],
    ["on two threads", { threads: 2 }],
    ["in a worker", { threads: 1, worker: true }],
    ["of a program that is still to be loaded", { threads: 1, lazy: true }],
    ["of one to be loaded in a worker", { threads: 1, lazy: true, worker: true }],
  ] as const)("ends each of them by its result or a DisposedError %s", async (_, options) => {
    for (const turns of [0, 1, 2, 5]) {
      const session = await open(options);
      const runs = Array.from({ length: 6 }, () => settled(run(session)));
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await Promise.all([session.dispose(), session.dispose()]);
      for (const error of await Promise.all(runs))
        if (error !== undefined) expect(error).toBeInstanceOf(DisposedError);
      expect(await settled(run(session))).toBeInstanceOf(DisposedError);
    }
  });
});

describe("a load that is aborted", () => {
  it.each([
    ["on one thread", { threads: 1 }],
    ["on two threads", { threads: 2 }],
    ["in a worker", { threads: 1, worker: true }],
  ] as const)(
    "at any stage ends by the signal's reason, and leaves no thread %s",
    { timeout: 120_000 },
    async (_, options) => {
      const before = threadsNow();
      const reason = new Error("the client has left");
      const outcomes: unknown[] = [];
      const abortAt = async (begin: (abort: () => void) => Partial<CpuSessionOptions>) => {
        const controller = new AbortController();
        const more = begin(() => controller.abort(reason));
        const session = await open({ ...options, ...more, signal: controller.signal }).catch(
          (error: unknown) => void outcomes.push(error),
        );
        // It was ready before it was told.
        await session?.dispose();
      };
      await abortAt((abort) => (abort(), {}));
      await abortAt((abort) => (queueMicrotask(abort), {}));
      await abortAt((abort) => (setImmediate(abort), {}));
      for (let at = 0; at < 100; at += long ? 1 : 20)
        await abortAt((abort) => {
          let steps = 0;
          return { onProgress: () => void (steps++ === at && abort()) };
        });
      for (let after = 1; after < 64; after *= long ? 1.2 : 3)
        await abortAt((abort) => (setTimeout(abort, after), {}));
      for (const error of outcomes) expect(error).toBe(reason);
      expect(outcomes.length).toBeGreaterThan(5);
      await expect.poll(threadsNow).toBeLessThanOrEqual(before);
    },
  );
});

describe("a thread that is killed", () => {
  /** Runs with the list of the threads that are started meanwhile. */
  async function withThreads(use: (threads: readonly Worker[]) => Promise<void>): Promise<void> {
    const threads: Worker[] = [];
    const { on } = Worker.prototype;
    const spy = vi.spyOn(Worker.prototype, "on").mockImplementation(function (
      this: Worker,
      ...parameters
    ) {
      if (!threads.includes(this)) threads.push(this);
      return on.apply(this, parameters);
    });
    await use(threads).finally(() => spy.mockRestore());
  }

  it("while a program starts, runs or rests rejects what waits and what comes", async () => {
    const before = threadsNow();
    for (const when of ["it starts", "it runs", "it rests"] as const)
      await withThreads(async (threads) => {
        const loading = open({ threads: 2, lazy: when !== "it starts" });
        if (when === "it starts") {
          // Not expect.poll, which looks so seldom that the program may run by then.
          while (threads.length === 0) await new Promise(setImmediate);
          void threads[0]!.terminate();
          expect(await settled(loading)).toBeInstanceOf(WorkerError);
          return;
        }
        const session = await loading;
        await run(session);
        const runs = when === "it runs" ? [run(session), run(session)] : [];
        await threads[0]!.terminate();
        // The first may have been quicker.
        const errors = (await Promise.all(runs.map(settled))).filter(Boolean);
        errors.push(await settled(run(session)));
        for (const error of errors) expect(error).toBeInstanceOf(WorkerError);
        await session.dispose();
      });
    await expect.poll(threadsNow).toBeLessThanOrEqual(before);
  });
});

describe("loads at once", () => {
  it("are models of their own, whichever is disposed of first", async () => {
    const [one, other] = await Promise.all([open({ threads: 1 }), open({ threads: 1 })]);
    const wanted = await run(one);
    const [, again] = await Promise.all([one.dispose(), run(other)]);
    expect(again).toEqual(wanted);
    await other.dispose();
    const third = await open({ threads: 1 });
    expect(await run(third)).toEqual(wanted);
    await third.dispose();
  });

  it("of one program are one load", async () => {
    let reads = 0;
    const counted: WeightSource = {
      ...weights,
      readFloat32: (name, options) => (reads++, weights.readFloat32(name, options)),
    };
    const session = await openCpuSession(artifact, counted, {
      backend: "wasm",
      threads: 1,
      lazy: true,
    });
    await run(session);
    const once = reads;
    reads = 0;
    const other = await openCpuSession(artifact, counted, {
      backend: "wasm",
      threads: 1,
      lazy: true,
    });
    await Promise.all([run(other), run(other), other.load(vision), other.load(vision)]);
    expect(reads).toBe(once);
    await Promise.all([session.dispose(), other.dispose()]);
  });
});
