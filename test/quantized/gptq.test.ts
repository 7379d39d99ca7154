/** GPTQ beside rounding, by what both do to the products that a matrix is for. */
import { uniform, type QuantizedMatrix } from "@sigil/runtime/internal";
import { expect, it } from "vitest";
import { quantizeClosely } from "../../cli/dist/quantize/choose-scales.js";
import { gptq } from "../../cli/dist/quantize/gptq.js";
import { Gram } from "../../cli/dist/quantize/gram.js";

const [rows, columns, group, samples] = [24, 72, 32, 400];
const values = uniform("weights", rows * columns);
/** Inputs whose columns go together, as those of a model do. */
const inputs = Array.from({ length: samples }, (_, s) => {
  const own = uniform(`sample ${s}`, columns);
  const common = uniform(`common ${s}`, 4);
  return own.map((x, k) => 0.3 * x + common[k % 4]! * (1 + (k % 7)));
});
const weightsOf = ({ codes, scales }: QuantizedMatrix): Float32Array =>
  Float32Array.from(codes, (code, i) => {
    const [row, k] = [Math.floor(i / columns), i % columns];
    return (code - 8) * scales[row * Math.ceil(columns / group) + Math.floor(k / group)]!;
  });
/** The mean squared error of the products. */
function loss(matrix: QuantizedMatrix): number {
  const stored = weightsOf(matrix);
  let sum = 0;
  for (const input of inputs)
    for (let row = 0; row < rows; row++) {
      let off = 0;
      for (let k = 0; k < columns; k++)
        off += (values[row * columns + k]! - stored[row * columns + k]!) * input[k]!;
      sum += off * off;
    }
  return sum / samples / rows;
}

it("GPTQ loses far less than rounding where inputs go together", async () => {
  const gram = await Gram.create(columns);
  for (const input of inputs) gram.add(input);
  const rounded = loss(quantizeClosely(values, columns, { bits: 4, group }));
  const calibrated = await gptq(values, columns, { bits: 4, group }, gram);
  expect(loss(calibrated)).toBeLessThan(0.25 * rounded);
  // Codes of 4 bits, scales that a file keeps as they are.
  expect(calibrated.codes.every((code) => code >= 0 && code <= 15)).toBe(true);
});

it("GPTQ rounds to the nearest codes where there are no inputs", async () => {
  const rounded = quantizeClosely(values, columns, { bits: 4, group });
  const calibrated = await gptq(values, columns, { bits: 4, group }, await Gram.create(columns));
  expect(Array.from(calibrated.codes)).toEqual(Array.from(rounded.codes));
  expect(Array.from(calibrated.scales)).toEqual(Array.from(rounded.scales));
});

it("GPTQ takes inputs of which a column is always zero, or two are the same", async () => {
  const gram = await Gram.create(columns);
  for (const input of inputs)
    gram.add(input.map((x, k) => (k === 5 ? 0 : k === 9 ? input[8]! : x)));
  const { scales } = await gptq(values, columns, { bits: 4, group }, gram);
  expect(scales.every(Number.isFinite)).toBe(true);
});

it("a Gram matrix is the sum of the products of all inputs, in blocks and the rest", async () => {
  const size = 21;
  const gram = await Gram.create(size);
  const given = Array.from({ length: 300 }, (_, s) => uniform(`row ${s}`, size));
  for (const row of given) gram.add(row);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const expected = given.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
      // float32 sums of 300 products below 1.
      expect(Math.abs(gram.sums[i * size + j]! - expected)).toBeLessThan(1e-4);
    }
});
