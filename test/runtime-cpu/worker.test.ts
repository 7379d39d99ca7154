/**
 * A session in a thread of Node's worker_threads: the same results, errors and ends as on this
 * thread, whenever the thread ends.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import {
  bufferSource,
  openSafetensors,
  OptionError,
  WorkerError,
  type WeightSource,
} from "@sigil/runtime";
import { openCpuSession, type CpuArtifact } from "@sigil/runtime-cpu";
import { compile } from "@sigil/compiler";
import { loadSpec, specPath } from "@sigil/spec";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const root = join(import.meta.dirname, "../..");
const weightsFile = join(fixtures, "checkpoints/siglip-shapes/model.safetensors");
const entry = join(root, "runtime-cpu/dist/worker.js");

let artifact: CpuArtifact;
let weights: WeightSource;
beforeAll(async () => {
  const { plan, cpu } = await compile({
    ...loadSpec(specPath("siglip-shapes")),
    architecture: "siglip-vision",
    targets: ["cpu"],
  });
  artifact = { plan, wasm: cpu };
  weights = await openSafetensors(bufferSource(readFileSync(weightsFile)));
});

const inputs = {
  pixel_values: { data: new Float32Array(3 * 64 * 64).fill(0.5), shape: [1, 3, 64, 64] },
};
const symbols = { image_batch: 1 };
type Session = Awaited<ReturnType<typeof openCpuSession>>;
const run = (session: Session) => session.run(session.plan.programs[0]!, inputs, symbols);
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );

describe("in a thread of Node", () => {
  it("gives the bits of this thread, and leaves the event loop to others", async () => {
    const here = await openCpuSession(artifact, weights, { threads: 1 });
    const there = await openCpuSession(artifact, weights, { threads: 1, worker: true });
    expect(await run(there)).toEqual(await run(here));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await Promise.all(Array.from({ length: 50 }, () => run(there)));
    clearInterval(timer);
    // Fifty runs take some 500 ms; a machine that is busy may give few of them to this thread.
    expect(turns).toBeGreaterThan(10);
    await Promise.all([here.dispose(), there.dispose()]);
  });

  it("may have threads of its own", async () => {
    const session = await openCpuSession(artifact, weights, { threads: 2, worker: true });
    const here = await openCpuSession(artifact, weights, { threads: 1 });
    expect(await run(session)).toEqual(await run(here));
    await Promise.all([here.dispose(), session.dispose()]);
  });

  it("throws what loading there throws, of the same class", async () => {
    expect(
      await failure(openCpuSession(artifact, weights, { threads: 0.5, worker: true })),
    ).toBeInstanceOf(OptionError);
  });

  it("settles by the signal's reason when that aborts in the same turn (StrictMode)", async () => {
    const abort = new AbortController();
    const loading = failure(
      openCpuSession(artifact, weights, { worker: true, signal: abort.signal }),
    );
    abort.abort(new Error("unmounted"));
    expect(await loading).toMatchObject({ message: "unmounted" });
  });

  it("lets the process end while it is idle, and finishes what was asked for", () => {
    const script = (last: string) => `
      import { readFileSync } from "node:fs";
      import { bufferSource, openSafetensors } from "@sigil/runtime";
      import { SiglipShapes } from "${root}/generated/siglip-shapes/index.js";
      const weights = await openSafetensors(bufferSource(readFileSync("${weightsFile}")));
      const model = await SiglipShapes.load(weights, { backend: "cpu", worker: true });
      const pixelValues = { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] };
      const features = () => model.getImageFeatures({ pixelValues });
      ${last}`;
    const node = (last: string) =>
      execFileSync(process.execPath, ["--input-type=module", "--eval", script(last)], {
        cwd: root,
        encoding: "utf8",
        timeout: 60_000,
      });
    expect(node("console.log((await features()).shape)")).toBe("[ 1, 128 ]\n");
    expect(node("void features().then(({ shape }) => console.log(shape))")).toBe("[ 1, 128 ]\n");
  });

  it("is refused by a WorkerError where the process may start none", () => {
    const flag = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission";
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        flag,
        "--allow-fs-read=*",
        "--input-type=module",
        "--eval",
        `import { startWorker } from "@sigil/runtime/internal";
        const error = await startWorker(undefined, async () => "").catch((error) => error);
        console.log(error.name, error.message, error.cause.code);`,
      ],
      { cwd: root, encoding: "utf8" },
    );
    expect(stdout, stderr).toMatch(
      /^WorkerError no worker can be started: .* ERR_ACCESS_DENIED\n$/,
    );
  });
});

describe("a thread that ends", () => {
  const steps: Readonly<
    Record<string, (session: Promise<Session>, kill: () => void) => Promise<unknown>>
  > = {
    "before it answers": (session, kill) => (kill(), session),
    "while it runs": async (session, kill) => {
      const running = run(await session);
      setTimeout(kill, 1);
      await running;
      // It may have been too quick.
      await run(await session);
    },
    "while it rests": async (session, kill) => {
      const opened = await session;
      kill();
      await run(opened);
    },
  };
  for (const [step, meets] of Object.entries(steps))
    it(`${step}, rejects what waits and what comes`, async () => {
      const worker = new Worker(entry);
      const opening = openCpuSession(artifact, weights, { threads: 1, worker });
      const error = await failure(meets(opening, () => void worker.terminate()));
      expect(error).toBeInstanceOf(WorkerError);
      expect(error).toMatchObject({ message: "the worker has ended" });
      const session = await opening.catch(() => undefined);
      if (!session) return;
      expect(await failure(run(session))).toBeInstanceOf(WorkerError);
      await session.dispose();
    });

  it("at each tensor that it loads, rejects loading", async () => {
    const { length } = Object.keys(artifact.plan.tensors);
    for (let last = 0; last < length; last += Math.ceil(length / 4)) {
      const worker = new Worker(entry);
      let seen = 0;
      const error = await failure(
        openCpuSession(artifact, weights, {
          threads: 1,
          worker,
          onProgress: () => void (seen++ === last && worker.terminate()),
        }).then(run),
      );
      expect(error).toBeInstanceOf(WorkerError);
    }
  });

  it("for want of memory says so", async () => {
    const worker = new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb: 1 } });
    const error = await failure(openCpuSession(artifact, weights, { threads: 1, worker }));
    expect(error).toBeInstanceOf(WorkerError);
    expect(error).toMatchObject({ message: expect.stringMatching(/memory limit/) });
  });

  it("whose script is not there is an error", async () => {
    const worker = new Worker(join(root, "runtime-cpu/dist/no-such-worker.js"));
    const error = await failure(openCpuSession(artifact, weights, { worker }));
    expect(error).toMatchObject({
      name: "WorkerError",
      message: expect.stringMatching(/the worker failed: Cannot find module/),
    });
  });
});
