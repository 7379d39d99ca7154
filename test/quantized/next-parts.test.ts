/** Which parts of a model go to 8 bits for a cosine. */
import { expect, it } from "vitest";
import { nextParts } from "../../cli/dist/quantize/next-parts.js";
import { partsOf, type MeasuredPart } from "../../cli/dist/quantize/sensitivity.js";

const part = (
  pattern: string,
  error: number,
  weights = 100,
  tower: "pictures" | "texts" = "pictures",
): MeasuredPart => ({ pattern, error, weights, tower });
const cosine = (least: number) => ({ count: 8, least, mean: least });

it("the next parts are as many of the most costly ones as the measured errors require", () => {
  const parts = [part("a", 0.001), part("b", 0.004), part("c", 0.003), part("d", 0.002)];
  const next = (target: number, raised: string[] = []) =>
    nextParts({ images: cosine(0.99) }, target, parts, raised);
  expect(next(0.985)).toEqual([]);
  expect(next(0.9901)).toEqual(["b"]);
  expect(next(0.9969)).toEqual(["b", "c"]);
  expect(next(0.9969, ["b"])).toEqual(["c", "d"]);
  expect(next(1)).toEqual(["b", "c", "d", "a"]);
  expect(next(1, ["a", "b", "c", "d"])).toEqual([]);
});

it("the next parts belong to the tower below the target, the costliest per weight first", () => {
  const parts = [
    part("a", 0.01),
    part("table", 0.004, 1000, "texts"),
    part("t", 0.002, 10, "texts"),
  ];
  expect(nextParts({ images: cosine(0.999), texts: cosine(0.99) }, 0.995, parts, [])).toEqual([
    "t",
    "table",
  ]);
});

it("the parts of a model are its layers and its token table", () => {
  const sizes = new Map([
    ["v.encoder.layers.0.mlp.fc1.weight", 6],
    ["v.encoder.layers.0.mlp.fc2.weight", 7],
    ["v.encoder.layers.10.mlp.fc1.weight", 6],
    ["token_embedding.weight", 5],
  ]);
  expect(partsOf(sizes)).toEqual([
    { pattern: "v.encoder.layers.0.*", weights: 13 },
    { pattern: "v.encoder.layers.10.*", weights: 6 },
    { pattern: "token_embedding.weight", weights: 5 },
  ]);
});
