/** A process that uses the CUDA runtime and ends in some way: `node child.mjs DRIVER HOW`. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import koffi from "koffi";

const mallinfo = koffi.struct(
  "mallinfo2",
  Object.fromEntries(
    [
      "arena",
      "ordblks",
      "smblks",
      "hblks",
      "hblkhd",
      "usmblks",
      "fsmblks",
      "uordblks",
      "fordblks",
      "keepcost",
    ].map((name) => [name, "size_t"]),
  ),
);

const [driver, how, times] = isMainThread ? process.argv.slice(2) : workerData;
const { openCudaSession } = await import("@sigil/runtime-cuda");
const { artifact, inputs, plan, source } = await import(
  "../../build/test/runtime-cuda/null-model.js"
);
const { sealPlan } = await import("@sigil/spec");
const [program] = plan.programs;
const open = (options = {}) => openCudaSession(artifact(), source(), { driver, ...options });
const run = (session, size = 1) => session.run(program, inputs(size), { batch: size });

/**
 * What malloc has given out, by glibc's own account: the size of a process wavers by far more than
 * a leak.
 */
function allocatedBytes() {
  const info = koffi.load("libc.so.6").func("mallinfo2", mallinfo, [])();
  return info.uordblks + info.hblkhd;
}

const endings = {
  async open() {
    await open().catch(({ name, code, message }) =>
      console.log(JSON.stringify({ name, code, message })),
    );
  },
  async exit() {
    process.env.SIGIL_EMULATED_SLOW = "100";
    const session = await open({ lazy: true });
    void run(session);
    setTimeout(() => {
      console.log("running");
      process.exit(0);
    }, 150);
  },
  async throw() {
    process.env.SIGIL_EMULATED_SLOW = "100";
    const session = await open({ lazy: true });
    void run(session);
    setTimeout(() => {
      console.log("running");
      throw new Error("in the middle");
    }, 150);
  },
  /**
   * A worker thread is ended while its session runs; the process goes on and uses the driver again.
   */
  async worker() {
    process.env.SIGIL_EMULATED_SLOW = "100";
    const worker = new Worker(new URL(import.meta.url), { workerData: [driver, "run"] });
    await new Promise((resolve) => worker.once("message", resolve));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await worker.terminate();
    process.env.SIGIL_EMULATED_SLOW = "0";
    const session = await open();
    await run(session);
    await session.dispose();
    console.log("running");
  },
  async run() {
    const { parentPort } = await import("node:worker_threads");
    const session = await open({ lazy: true });
    const running = run(session);
    parentPort.postMessage("running");
    await running;
  },
  /** A session that nobody disposes does not keep the process. */
  async forget() {
    await run(await open());
    console.log("running");
  },
  async cycles() {
    const problems = join(mkdtempSync(join(tmpdir(), "sigil-cuda-")), "problems.jsonl");
    process.env.SIGIL_EMULATED_PROBLEMS = problems;
    const given = artifact();
    const weights = source();
    // Smaller weights, so that what is measured is the runtime.
    const small = {
      ...given,
      plan: sealPlan({
        ...plan,
        programs: [{ ...program, weights: [], gathers: [], outputs: program.outputs.slice(0, 1) }],
      }),
    };
    const cycles = async (count) => {
      for (let i = 0; i < count; i++) {
        const session = await openCudaSession(small, weights, { driver, stagingBytes: 16_384 });
        await session.run(small.plan.programs[0], inputs(1), { batch: 1 });
        await session.dispose();
      }
      // Finalizers run a turn after a collection.
      for (let turn = 0; turn < 5; turn++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const measured = 0.4 * Number(times);
    await cycles(Number(times) - measured);
    const [allocated, resident] = [allocatedBytes(), process.memoryUsage.rss()];
    await cycles(measured);
    console.log(
      JSON.stringify({
        problems: existsSync(problems) ? readFileSync(problems, "utf8").trim().split("\n") : [],
        leakedBytes: (allocatedBytes() - allocated) / measured,
        grownBytes: process.memoryUsage.rss() - resident,
        threads: readdirSync("/proc/self/task").length,
      }),
    );
  },
};

await endings[how]();
