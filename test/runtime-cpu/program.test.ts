import { evaluateLowered } from "@sigil/compiler/internal";
import { InputError, syntheticTensor } from "@sigil/runtime/internal";
import { describe, expect, it } from "vitest";
import { CapacityError, createProgram } from "../../runtime-cpu/dist/index.js";
import { scaledError } from "../support/golden-cases.ts";
import { compileCase, type CompiledProgram } from "./programs.ts";

const expected = ({ lowered, inputs, symbols }: CompiledProgram, seed: number) =>
  evaluateLowered(
    lowered,
    inputs,
    (tensor, shape) => syntheticTensor(tensor, shape, seed),
    symbols,
  );

describe("programs against their kernel problems' float64 meaning", () => {
  // float32 through a few layers of sums over at most a hundred terms.
  for (const name of ["tiny", "tiny-awkward", "tiny-grayscale", "tiny-classify-single"])
    it(name, async () => {
      const { golden, programs } = await compileCase(name);
      for (const compiled of programs) {
        const program = await createProgram(compiled.planned, compiled.wasm, compiled.weights, {
          threads: 1,
        });
        const outputs = await program.run(compiled.inputs, compiled.symbols);
        for (const [output, data] of Object.entries(expected(compiled, golden.seed)))
          expect(
            scaledError(outputs[output]!.data, data),
            `${compiled.planned.name} ${output}`,
          ).toBeLessThan(2e-5);
        await program.dispose();
      }
    });

  it.each([
    ["float16", 5e-3],
    ["bfloat16", 4e-2],
  ] as const)("weights kept in %s", async (storage, bound) => {
    const { golden, programs } = await compileCase("tiny", { storage });
    for (const compiled of programs) {
      const program = await createProgram(compiled.planned, compiled.wasm, compiled.weights, {
        threads: 1,
      });
      const outputs = await program.run(compiled.inputs, compiled.symbols);
      // Against unrounded weights: each is off by up to 2^-11 or 2^-8, which a few layers amplify.
      for (const [output, data] of Object.entries(expected(compiled, golden.seed)))
        expect(scaledError(outputs[output]!.data, data), output).toBeLessThan(bound);
    }
  });
});

describe("threads", () => {
  it("give the same bits as one thread, run after run", async () => {
    const { programs } = await compileCase("tiny");
    for (const compiled of programs) {
      const one = await createProgram(compiled.planned, compiled.wasm, compiled.weights, {
        threads: 1,
      });
      const wanted = await one.run(compiled.inputs, compiled.symbols);
      for (const threads of [2, 3]) {
        const program = await createProgram(compiled.planned, compiled.wasm, compiled.weights, {
          threads,
        });
        expect(program.threads).toBe(threads);
        const runs = await Promise.all(
          Array.from({ length: 20 }, () => program.run(compiled.inputs, compiled.symbols)),
        );
        for (const outputs of runs) expect(outputs).toEqual(wanted);
        await program.dispose();
      }
    }
  });
  it("fall back to one where the memory cannot be shared", async () => {
    const { programs } = await compileCase("tiny", { sharedMemory: false });
    const program = await createProgram(
      programs[0]!.planned,
      programs[0]!.wasm,
      programs[0]!.weights,
      { threads: 4 },
    );
    expect(program.threads).toBe(1);
    await program.run(programs[0]!.inputs, programs[0]!.symbols);
  });
  it("end a run with the failure of one of them", async () => {
    const { programs } = await compileCase("tiny");
    const { planned, wasm, weights, inputs, symbols } = programs[0]!;
    const broken = {
      ...planned,
      launches: planned.launches.map((launch, i) =>
        i === 2
          ? { ...launch, operands: launch.operands.map((o) => ({ ...o, offset: 2 ** 31 })) }
          : launch,
      ),
    };
    const program = await createProgram(broken, wasm, weights, { threads: 2 });
    await expect(program.run(inputs, symbols)).rejects.toThrow(/failed on a thread.*out of bounds/);
    await expect(program.run(inputs, symbols)).rejects.toThrow(/failed on a thread/);
    await program.dispose();
  });
});

describe("what a program refuses", () => {
  it("inputs and sizes that it was not planned for", async () => {
    const { programs } = await compileCase("tiny");
    const { planned, wasm, weights, inputs, symbols } = programs[0]!;
    const program = await createProgram(planned, wasm, weights, { threads: 1 });
    const [name] = Object.keys(inputs) as [string];
    const [symbol] = Object.keys(symbols) as [string];
    const refused = async (i: typeof inputs, s: typeof symbols, message: RegExp) => {
      const run = program.run(i, s);
      await expect(run).rejects.toThrow(InputError);
      await expect(run).rejects.toThrow(message);
    };
    await refused({}, symbols, new RegExp(`input ${name} is missing`));
    await refused(
      { [name]: inputs[name]!.slice(1) as Float32Array },
      symbols,
      /must hold \d+ elements/,
    );
    await refused(
      { [name]: new Int32Array(inputs[name]!.length) },
      symbols,
      /must be a Float32Array/,
    );
    for (const value of [0, 1.5, planned.symbols[symbol]! + 1])
      await refused(inputs, { [symbol]: value }, /must be an integer from 1/);
    await refused(inputs, {}, /is not given/);
    await program.run(inputs, symbols);
    await program.dispose();
    await expect(program.run(inputs, symbols)).rejects.toThrow(/disposed/);
  });

  it("more than WebAssembly addresses, before reading, naming the storage that fits", async () => {
    const { programs } = await compileCase("tiny");
    const { planned, wasm } = programs[0]!;
    const unread = {
      readFloat32: () => Promise.reject(new Error("read")),
      readRowsFloat32: () => Promise.reject(new Error("read")),
    };
    const large = (bytes: number) => ({
      ...planned,
      weightBytes: bytes,
      weights: [
        {
          ...planned.weights[0]!,
          bytes,
          layout: { kind: "panels", width: 8, storage: "float32" } as const,
        },
      ],
    });
    const error = await createProgram(large(5 * 2 ** 30), wasm, unread, { threads: 1 }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(CapacityError);
    expect(error).toMatchObject({ fits: "float16", message: expect.stringMatching(/float16/) });
    await expect(
      createProgram(large(9 * 2 ** 30), wasm, unread, { threads: 1 }),
    ).rejects.toMatchObject({ name: "CapacityError", fits: undefined });
  });
});

describe("loading", () => {
  it("reports progress to the last byte and stops when told", async () => {
    const { programs } = await compileCase("tiny");
    const { planned, wasm, weights } = programs[0]!;
    const seen: number[] = [];
    let total = 0;
    await createProgram(planned, wasm, weights, {
      threads: 1,
      onProgress: ({ loadedBytes, totalBytes }) => (seen.push(loadedBytes), (total = totalBytes)),
    });
    expect(seen.at(-1)).toBe(total);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const controller = new AbortController();
    await expect(
      createProgram(planned, wasm, weights, {
        threads: 1,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      }),
    ).rejects.toThrow(/abort/i);
  });
  it("takes the relaxed module where the engine has it", async () => {
    const [plain, relaxed] = [
      await compileCase("tiny"),
      await compileCase("tiny", { relaxed: true }),
    ];
    const compiled = plain.programs[0]!;
    const program = await createProgram(
      compiled.planned,
      { plain: compiled.wasm, relaxed: relaxed.programs[0]!.wasm },
      compiled.weights,
      { threads: 1 },
    );
    const outputs = await program.run(compiled.inputs, compiled.symbols);
    for (const [output, data] of Object.entries(expected(compiled, plain.golden.seed)))
      expect(scaledError(outputs[output]!.data, data), output).toBeLessThan(2e-5);
  });
});
