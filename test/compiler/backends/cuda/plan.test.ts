/** What a compilation for CUDA promises its runtime, without running a kernel. */
import {
  artifactFiles,
  compile,
  emitCuda,
  launchesOf,
  lowerSpec,
  narrow,
  operandsOf,
  selectCudaAttention,
  selectCudaGemm,
  type AttentionProblem,
  type CudaModule,
  type CudaOperand,
  type GemmProblem,
} from "@sigil/compiler/internal";
import { valueOf } from "@sigil/runtime/internal";
import { loadSpec, parsePlan, specPath, type Storage } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { goldenCase } from "../../../support/golden-cases.ts";

const tiny = async (storage: Storage, more: Record<string, unknown> = {}) => ({
  ...(await goldenCase("tiny", { hidden_states: true, ...more })).spec,
  storage,
  targets: ["cuda" as const],
});

describe("values of a 16-bit spec", () => {
  it(
    "are 16 bits between kernels; what callers see alone and what " +
      "cosines come from is float32",
    async () => {
      for (const { lowered } of lowerSpec(await tiny("bfloat16"))) {
        const program = narrow(lowered, "bfloat16");
        const named = new Map(program.outputs.map(({ name, value }) => [name, value.dtype]));
        if (lowered.name === "siglip-vision") {
          expect(named.get("pooler_output")).toBe("float32");
          expect(named.get("last_hidden_state")).toBe("bfloat16");
          expect(named.get("hidden_states.0")).toBe("bfloat16");
        }
        for (const { value } of [...program.inputs, ...program.gathers])
          expect(["float32", "int32"]).toContain(value.dtype);
        for (const { problem, operands } of program.launches) {
          const types = operandsOf(problem, operands).map(({ type }) => type);
          if (problem.family === "gemm" && problem.b.kind === "activation")
            expect(new Set(types)).toEqual(new Set(["float32"]));
          if (problem.family === "row_reduce" && problem.kind === "l2_normalize")
            expect(new Set(types)).toEqual(new Set(["float32"]));
          if (problem.family === "attention")
            expect(types.slice(0, 3)).toEqual(["bfloat16", "bfloat16", "bfloat16"]);
        }
      }
    },
  );

  it("take half the arena, and say so where an output is one of them", async () => {
    const [wide, slim] = await Promise.all(
      (["float32", "float16"] as const).map(
        async (storage) => (await compile(await tiny(storage))).cuda!.plan,
      ),
    );
    parsePlan(JSON.stringify(slim), { file: "cuda.plan.json" });
    const vision = ({ programs }: NonNullable<typeof slim>) =>
      programs.find(({ name }) => name === "siglip-vision")!;
    expect(vision(slim!).outputs.find(({ name }) => name === "last_hidden_state")).toMatchObject({
      dtype: "float32",
      stored: "float16",
    });
    expect(vision(slim!).outputs.find(({ name }) => name === "pooler_output")).not.toHaveProperty(
      "stored",
    );
    expect(vision(wide!).outputs.some((output) => "stored" in output)).toBe(false);
    expect(vision(slim!).arenaBytes).toBeLessThan(0.75 * vision(wide!).arenaBytes);
    for (const { layout } of vision(slim!).weights)
      if (layout.kind === "panels")
        expect(layout).toEqual({ kind: "panels", width: 1, storage: "float16" });
  });
});

describe("weights of Gemms", () => {
  // 3 channels of 14 by 14 pixels are 588 numbers: 1176 bytes are no multiple of 16, 2352 are one.
  it.each([
    ["bfloat16", 592],
    ["float16", 592],
    ["float32", undefined],
  ] as const)(
    "start their rows at multiples of 16 bytes: patches of 14 in %s",
    async (storage, columns) => {
      const { spec } = await goldenCase("tiny");
      const { cuda } = await compile({
        ...spec,
        storage,
        targets: ["cuda"],
        config: {
          ...spec.config,
          vision_config: { ...spec.config.vision_config!, patch_size: 14, image_size: 42 },
        },
      });
      const { programs } = parsePlan(JSON.stringify(cuda!.plan), { file: "cuda.plan.json" });
      const size = storage === "float32" ? 4 : 2;
      const weight = programs.flatMap(({ weights }) => weights).find((one) => one.columns === 588)!;
      expect(weight.layout).toEqual({
        kind: "panels",
        width: 1,
        storage,
        ...(columns && { columns }),
      });
      expect(weight.bytes).toBe(weight.rows * (columns ?? 588) * size);
      for (const { weights } of programs)
        for (const { rows, bytes, layout } of weights)
          if (layout.kind === "panels") expect((bytes / rows) % 16).toBe(0);
    },
  );
});

describe("a compiled model", () => {
  it(
    "has every kernel of its launches on both paths, with as many " +
      "parameters as a launch passes",
    async () => {
      const { cuda } = await compile(await tiny("bfloat16"));
      const { plan, kernels, sources } = cuda!;
      for (const { init, launches } of plan.programs)
        for (const { kernel, operands, extents } of [...init, ...launches])
          for (const path of ["portable", "hopper"] as const) {
            const source = sources[path][kernel]!;
            const parameters = /^SIGIL_KERNEL\(\w+, \d+, \d+\)\((.*)\) \{$/m
              .exec(source)![1]!
              .split(", ");
            expect(parameters.filter((parameter) => parameter.includes("*"))).toHaveLength(
              operands.length,
            );
            expect(parameters.filter((parameter) => parameter.startsWith("int "))).toHaveLength(
              extents.length,
            );
            expect(parameters).toHaveLength(
              operands.length + extents.length + kernels[path][kernel]!.tensorMaps.length,
            );
          }
      expect(
        new Set(
          plan.programs.flatMap(({ init, launches }) =>
            [...init, ...launches].map(({ kernel }) => kernel),
          ),
        ),
      ).toEqual(new Set(Object.keys(kernels.portable)));
    },
  );

  it("writes CUDA's files for that target alone, the same each time", async () => {
    const [first, second, cpu] = await Promise.all(
      [
        tiny("float16"),
        tiny("float16"),
        { ...(await tiny("float16")), targets: ["cpu" as const] },
      ].map(async (spec) => artifactFiles(await compile(await spec))),
    );
    expect(first).toEqual(second);
    expect(Object.keys(first!)).toEqual(
      expect.arrayContaining([
        "index.js",
        "cuda.js",
        "cuda.plan.json",
        expect.stringMatching(/^cuda\/portable\/gemm_[0-9a-f]{6}\.cu$/),
        expect.stringMatching(/^cuda\/hopper\/gemm_[0-9a-f]{6}\.cu$/),
      ]),
    );
    expect(first).not.toHaveProperty(["cpu.js"]);
    expect(Object.keys(cpu!).some((name) => name.includes("cuda"))).toBe(false);
    expect(loadSpec(specPath("siglip-base-patch16-224")).targets).not.toContain("cuda");
  });
});

describe("choices", () => {
  const operand = (type: CudaOperand["type"], offset = 0): CudaOperand => ({
    type,
    offset,
    written: false,
  });
  const gemm: GemmProblem = {
    family: "gemm",
    rows: { factor: 196, symbols: ["batch"] },
    columns: 768,
    depth: 768,
    a: { kind: "rows", stride: 768 },
    b: { kind: "weight", storage: "bfloat16" },
    epilogue: { kind: "accumulator" },
    epilogueOperands: [],
  };
  const tile = (batch: number, more: Partial<GemmProblem> = {}, a = operand("bfloat16")) =>
    selectCudaGemm({ ...gemm, ...more }, [a, operand("bfloat16"), operand("bfloat16")], { batch });
  it("give larger batches larger tiles", () => {
    expect(tile(256).tile).toMatchObject({ kind: "mma", rows: 128, columns: 128 });
    expect(tile(4).tile.rows * tile(4).tile.columns).toBeLessThan(128 * 128);
    expect(tile(1, { rows: 1 }).tile.rows).toBe(16);
  });
  it("copy as many bytes at a time as are aligned", () => {
    expect(tile(4).a).toEqual({ kind: "rows", run: 8 });
    expect(tile(4, { a: { kind: "rows", stride: 588 } }).a).toEqual({ kind: "rows", run: 4 });
    expect(tile(4, {}, operand("bfloat16", 2)).a).toEqual({ kind: "rows", run: 2 });
    expect(tile(4, {}, operand("bfloat16", 1)).a).toEqual({ kind: "scalars" });
    expect(tile(4, {}, operand("float32")).a).toEqual({ kind: "scalars" });
  });
  it("attend on tensor cores in 16 bits, else by multiply-adds; few queries alone", () => {
    const attention: AttentionProblem = {
      family: "attention",
      batch: 4,
      heads: 12,
      headSize: 64,
      queries: 196,
      keys: 196,
      queryStride: 2304,
      keyStride: 2304,
      valueStride: 2304,
      sharedQuery: false,
      scale: 0.125,
      mask: false,
      probabilities: false,
    };
    const all = (type: CudaOperand["type"]) => [
      operand(type),
      operand(type),
      operand(type),
      operand(type),
    ];
    expect(selectCudaAttention(attention, all("float16"))).toMatchObject({
      kind: "mma",
      tilesDown: 2,
      run: 8,
    });
    expect(selectCudaAttention(attention, all("float32")).kind).toBe("fma");
    expect(selectCudaAttention({ ...attention, queries: 1 }, all("float16"))).toMatchObject({
      kind: "few",
      lanes: 8,
      run: 8,
    });
    // A query that stays float32 beside 16-bit keys has no tensor core to go to.
    expect(
      selectCudaAttention(attention, [operand("float32"), ...all("float16").slice(1)]).kind,
    ).toBe("fma");
  });
  it("share a kernel among launches that differ in nothing that it knows", () => {
    const value = (id: number) => ({
      kind: "value" as const,
      offset: 0,
      value: { id, dtype: "float32" as const, shape: [1] },
    });
    const problem = {
      family: "map",
      rows: 3,
      width: 8,
      expression: { kind: "operand", name: "x" },
      operands: [{ name: "x", index: "element" }],
    } as const;
    const { launches } = emitCuda(
      [0, 2].map((id) => ({
        problem,
        operands: [value(id), value(id + 1)],
        origins: [`${id}`],
        symbols: {},
      })),
    );
    expect(launches[0]!.name).toBe(launches[1]!.name);
  });

  it("have other kernels for smaller batches: those that such a batch has by itself", () => {
    const emitted = (image: number) => {
      const spec = loadSpec(specPath("siglip-base-patch16-224"));
      const storage = "bfloat16";
      const launches = lowerSpec({
        ...spec,
        architecture: "siglip-vision",
        storage,
        batch: { image, text: 1 },
      }).flatMap(({ lowered }) => launchesOf(narrow(lowered, storage)));
      return emitCuda(launches);
    };
    const largest = emitted(256);
    const choice = ({ sources }: CudaModule, name: string): string | undefined =>
      /^\/\/ choice: (.*)$/m.exec(sources.hopper[name] ?? "")?.[1];
    for (const batch of [1, 4, 16, 64]) {
      const alone = emitted(batch);
      let others = 0;
      for (const [i, { name, extents }] of largest.launches.entries()) {
        const rows = extents[0] === undefined ? 0 : valueOf(extents[0], { image_batch: batch });
        const smaller = largest.kernels.hopper[name]?.smaller?.find(({ upTo }) => rows <= upTo);
        if (smaller) others++;
        expect(choice(largest, smaller?.kernel ?? name)).toBe(
          choice(alone, alone.launches[i]?.name ?? ""),
        );
      }
      // All but the head's product for a batch of any size have tiles of their own at one picture.
      if (batch === 1) expect(others).toBeGreaterThan(40);
    }
  });
});
