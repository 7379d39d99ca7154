/** What programs take of a process, and what happens where it gives them nothing. */
import { spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { join } from "node:path";
import { DisposedError, OptionError } from "@sigil/runtime";
import { CapacityError } from "@sigil/runtime-cpu";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createProgram, type CpuOptions } from "../../runtime-cpu/dist/index.js";
import { nextTurn } from "../../runtime-cpu/dist/next-turn.js";
import { compileCase, type CompiledProgram } from "./programs.ts";

let compiled: CompiledProgram;
beforeAll(async () => {
  compiled = (await compileCase("tiny")).programs[0]!;
});
afterEach(() => vi.unstubAllGlobals());
const create = (options: CpuOptions = {}) =>
  createProgram(compiled.planned, compiled.wasm, compiled.weights, options);
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );

/** Memories that are made, with whether they are shared. */
function countMemories(): boolean[] {
  const made: boolean[] = [];
  class Counted extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.push(descriptor.shared ?? false);
    }
  }
  vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Memory: { value: Counted } }));
  return made;
}

describe("memory", () => {
  it.each([1, 2])(
    "of a disposed program is the next one's, zero again: %i threads",
    async (threads) => {
      await (await create({ threads })).dispose();
      const wanted = await create({ threads });
      const outputs = await wanted.run(compiled.inputs, compiled.symbols);
      const made = countMemories();
      for (let round = 0; round < 3; round++) {
        // The first of them is used by `wanted`.
        const program = await create({ threads });
        expect(await program.run(compiled.inputs, compiled.symbols)).toEqual(outputs);
        await program.dispose();
        await program.dispose();
      }
      // One, if the collector did not come between.
      expect(made.length).toBeLessThan(3);
      expect(new Set(made)).toEqual(new Set([threads > 1]));
      await wanted.dispose();
    },
  );

  it("is not shared by two programs, though one was disposed of twice at once", async () => {
    const twice = await create({ threads: 1 });
    await Promise.all([twice.dispose(), twice.dispose()]);
    const [one, other] = [await create({ threads: 1 }), await create({ threads: 1 })];
    const zeros = Object.fromEntries(
      Object.entries(compiled.inputs).map(([name, values]) => [name, values.slice().fill(0)]),
    );
    const wanted = await one.run(compiled.inputs, compiled.symbols);
    await other.run(zeros, compiled.symbols);
    expect(await one.run(compiled.inputs, compiled.symbols)).toEqual(wanted);
    await Promise.all([one.dispose(), other.dispose()]);
  });

  it("of a load that fails is the next one's too", async () => {
    const made = countMemories();
    const abort = new AbortController();
    const options = { threads: 1, signal: abort.signal, onProgress: () => abort.abort("enough") };
    expect(await failure(create(options))).toBe("enough");
    await (await create({ threads: 1 })).dispose();
    expect(made.length).toBeLessThanOrEqual(1);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  it("that the engine refuses is a CapacityError that says what to do", async () => {
    const refused = class {
      constructor() {
        throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      }
    };
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Memory: { value: refused } }));
    // Larger than what other tests have given back.
    const planned = { ...compiled.planned, arenaBytes: compiled.planned.arenaBytes * 64 };
    const error = await failure(
      createProgram(planned, compiled.wasm, compiled.weights, { threads: 1 }),
    );
    expect(error).toBeInstanceOf(CapacityError);
    expect(error).toMatchObject({
      code: "out-of-memory",
      message: expect.stringMatching(/the engine gives none \(.*could not allocate.*dispose of/),
    });
  });
});

describe("threads", () => {
  it.each([999, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "in a number of %s are refused",
    async (threads) => {
      const error = await failure(create({ threads }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^threads: expected a whole number from 1 to \d+, received/),
      });
    },
  );

  it("are one where memory cannot be shared", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const program = await create({ threads: 4 });
    expect(program.threads).toBe(1);
    await program.run(compiled.inputs, compiled.symbols);
    await program.dispose();
  });

  it("that the process may not start reject loading, and others of the program end", () => {
    const flag = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission";
    const root = join(import.meta.dirname, "../..");
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        flag,
        "--allow-fs-read=*",
        "--input-type=module",
        "--eval",
        `import { syntheticWeights } from "@sigil/runtime";
        import { SiglipShapes } from "${root}/generated/siglip-shapes/index.js";
        import { artifact } from "${root}/generated/siglip-shapes/cpu.js";
        const { tensors } = artifact.plan;
        const listed = Object.entries(tensors).map(([name, shape]) => ({ name, shape }));
        const options = { backend: "cpu", threads: 3 };
        const error = await SiglipShapes.load(syntheticWeights(listed, 1), options).catch(
          (error) => error,
        );
        console.log(error.name, error.message);`,
      ],
      { cwd: root, encoding: "utf8" },
    );
    expect(stdout, stderr).toMatch(
      /^WorkerError siglip-vision cannot have 3 threads .*fewer `threads`\n$/,
    );
  });
});

describe("the event loop", () => {
  it.each([1, 2])("has a turn between runs that wait: %i threads", async (threads) => {
    const program = await create({ threads });
    let turns = 0;
    let over = false;
    const count = (): void => void (over || (turns++, setImmediate(count)));
    setImmediate(count);
    await Promise.all(
      Array.from({ length: 50 }, () => program.run(compiled.inputs, compiled.symbols)),
    );
    over = true;
    expect(turns).toBeGreaterThan(40);
    await program.dispose();
  });

  it("has turns within a long run", async () => {
    const program = await create({ threads: 1 });
    // As if each launch took as long as a run may keep the loop.
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 16));
    let turns = 0;
    let over = false;
    const count = (): void => void (over || (turns++, setImmediate(count)));
    setImmediate(count);
    await program.run(compiled.inputs, compiled.symbols);
    over = true;
    clock.mockRestore();
    expect(turns).toBeGreaterThanOrEqual(compiled.planned.launches.length - 1);
    await program.dispose();
  });

  it("gives each who waits a turn of its own", async () => {
    const order: string[] = [];
    setImmediate(() => {
      order.push("first turn");
      setImmediate(() => order.push("second turn"));
    });
    await Promise.all([
      nextTurn().then(() => order.push("one")),
      nextTurn().then(() => order.push("two")),
      nextTurn().then(() => order.push("three")),
    ]);
    expect(order).toEqual(["first turn", "one", "second turn", "two", "three"]);
  });
});

describe("disposing", () => {
  it.each([1, 2])(
    "waits for the runs that were asked for, and refuses others: %i threads",
    async (threads) => {
      const program = await create({ threads });
      const wanted = await program.run(compiled.inputs, compiled.symbols);
      const runs = Array.from({ length: 5 }, () => program.run(compiled.inputs, compiled.symbols));
      const end = program.dispose();
      const late = failure(program.run(compiled.inputs, compiled.symbols));
      expect(await Promise.all(runs)).toEqual(Array(5).fill(wanted));
      await end;
      expect(await late).toBeInstanceOf(DisposedError);
      expect(await failure(program.run(compiled.inputs, compiled.symbols))).toBeInstanceOf(
        DisposedError,
      );
    },
  );

  it("of a load that was aborted while its threads started ends them", async () => {
    const abort = new AbortController();
    // The last tensor has come, so that only threads are left to start.
    const onProgress = ({ loadedBytes, totalBytes }: { loadedBytes: number; totalBytes: number }) =>
      void (loadedBytes === totalBytes && setTimeout(() => abort.abort("unmounted"), 1));
    expect(await failure(create({ threads: 2, signal: abort.signal, onProgress }))).toBe(
      "unmounted",
    );
  });
});
