/** What `--dump` writes of a small model, which a person should be able to read. */
import { loadSpec, specPath } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import {
  accumulator,
  binary,
  compile,
  constant,
  operand,
  showExpression,
  showProblem,
  stages,
  unary,
} from "@sigil/compiler/internal";

describe("an expression as text", () => {
  const [x, y, z] = ["x", "y", "z"].map(operand) as [
    ReturnType<typeof operand>,
    ReturnType<typeof operand>,
    ReturnType<typeof operand>,
  ];
  it.each([
    [binary("add", accumulator, operand("bias")), "acc + bias"],
    [binary("mul", binary("add", x, y), z), "(x + y) * z"],
    [binary("add", binary("mul", x, y), z), "x * y + z"],
    [binary("sub", x, binary("sub", y, z)), "x - (y - z)"],
    [binary("sub", binary("sub", x, y), z), "x - y - z"],
    [binary("div", x, binary("mul", y, z)), "x / (y * z)"],
    [binary("max", unary("exp", x), constant(0)), "max(exp(x), 0)"],
  ])("keeps the order of evaluation and no more parentheses: $1", (expression, text) => {
    expect(showExpression(expression)).toBe(text);
  });
});

describe("the stages of siglip-shapes", async () => {
  const compiled = await compile(loadSpec(specPath("siglip-shapes")));
  const files = stages(compiled);

  it("are those of every target", () => {
    for (const program of ["siglip-vision", "siglip-text", "siglip-scores"])
      for (const stage of ["1-graph", "2-problems", "3-memory", "4-launches", "4-launches.webgpu"])
        expect(Object.keys(files)).toContain(`${program}.${stage}.txt`);
  });

  it("show problems with their sizes, operands and epilogue", () => {
    expect(files["siglip-vision.2-problems.txt"]).toContain(`
1: vision_model.embeddings.patch_embedding + embeddings
   gemm [64*image_batch, 128], depth 192; A: 8x8 patches of 3x64x64 pictures; B: a weight in float32
     = acc + bias + e1
     bias: a value a column
     e1: rows repeat after 64
2: vision_model.encoder.layers.0.layer_norm1
   layer_norm of [64*image_batch, 128], epsilon 0.000001
`);
    expect(files["siglip-vision.2-problems.txt"]).not.toContain("{");
  });

  it("have a text for every family", () => {
    const families = compiled.programs
      .flatMap(({ lowered }) => lowered.launches)
      .map(({ problem }) => /^\w+/.exec(showProblem(problem))![0]);
    expect(new Set(families)).toEqual(
      new Set(["gemm", "attention", "layer_norm", "map", "l2_normalize"]),
    );
  });
});
