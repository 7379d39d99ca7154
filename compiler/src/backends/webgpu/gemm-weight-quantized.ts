/**
 * A quantised B: codes of a panel lie together, and a vector of four words holds those of four
 * depths in 8 bits, of eight in 4 bits. Scales lie behind all codes, a vector for each group of a
 * panel, and zero points behind them alike.
 */
import { codeBooks, hasZeroPoints, quantizedPlaces, type QuantizedStorage } from "@sigil/spec";
import { panelWidth, type GemmWeight } from "./gemm-weight.ts";
import type { Operand } from "./operands.ts";
import type { KernelWriter } from "./wgsl/kernel-writer.ts";
import {
  bitcast,
  builtin,
  codes,
  float,
  u32,
  type Node,
  type U32,
  type Vec4,
} from "./wgsl/nodes.ts";

/** Bytes of a vector of four words. */
const vectorBytes = 16;

export function quantizedWeight(
  storage: QuantizedStorage,
  columns: number,
  depth: number,
): GemmWeight {
  const { bits, group } = storage;
  // A panel is whole vectors.
  const perVector = (8 * vectorBytes) / (bits * panelWidth);
  const padded = Math.ceil(depth / perVector) * perVector;
  const places = quantizedPlaces(columns, depth, storage, panelWidth, padded);
  const { groups } = places;
  const zerosBehind = hasZeroPoints(storage)
    ? (places.zerosOffset - places.scalesOffset) / vectorBytes
    : undefined;
  return {
    layout: {
      kind: "panels",
      width: panelWidth,
      storage,
      ...(padded > depth && { columns: padded }),
    },
    use: { steps: [1], packed: "vec4u" },
    depths: 4,
    panel: (f, _, panel) => [
      u32.mul(panel, u32.const(places.panelBytes / vectorBytes)),
      f.let(
        "scales",
        u32.add(u32.const(places.scalesOffset / vectorBytes), u32.mul(panel, u32.const(groups))),
      ),
    ],
    load: (f, b, panel, quad) => {
      const [start, scales] = panel as [U32, U32];
      const numbers = numbersAt(f, storage, b, start, quad);
      const at = (place: U32): Vec4 => bitcast.float(b.loadPacked("vec4u", place));
      const scaleOf = (of: U32): Vec4 => at(u32.add(scales, of));
      const zeroOf = (of: U32): Vec4 | undefined =>
        zerosBehind === undefined
          ? undefined
          : at(u32.add(u32.add(scales, of), u32.const(zerosBehind)));
      const weightOf = (number: Vec4, scale: Vec4, zero: Vec4 | undefined): Vec4 =>
        float.mul(zero ? float.sub(number, zero) : number, scale);
      if (group % 4 === 0 || groups === 1) {
        const of = groups === 1 ? u32.const(0) : u32.div(quad, u32.const(group / 4));
        const scale = f.let("scale", scaleOf(of));
        const zeros = zeroOf(of);
        const zero = zeros && f.let("zero", zeros);
        return numbers.map((number) => weightOf(number, scale, zero));
      }
      return numbers.map((number, lane) => {
        const k = u32.add(u32.mul(quad, u32.const(4)), u32.const(lane));
        const of = u32.min(u32.div(k, u32.const(group)), u32.const(groups - 1));
        return weightOf(number, scaleOf(of), zeroOf(of));
      });
    },
  };
}

/** What the codes of four depths stand for, before they are scaled. */
function numbersAt(
  f: KernelWriter,
  storage: QuantizedStorage,
  b: Operand,
  start: U32,
  quad: U32,
): Vec4[] {
  if (storage.bits === 8) {
    const words = f.let("codes", b.loadPacked("vec4u", u32.add(start, quad)));
    return [0, 1, 2, 3].map((word) => codes.signedBytes(words, word));
  }
  const both = f.let("codes", b.loadPacked("vec4u", u32.add(start, u32.div(quad, u32.const(2)))));
  const words = f.let("words", codes.half(both, u32.rem(quad, u32.const(2))));
  return [0, 1, 2, 3].map((lane) => {
    const nibbles = codes.nibbles(words, lane >> 1, 4 * (lane & 1));
    return storage.book
      ? lookedUp(f, storage.book, nibbles)
      : float.sub(codes.numbers(nibbles), float.const("vec4f", 8));
  });
}

/**
 * Numbers of a book, chosen bit by bit: a table in memory of a thread's own is slow on some
 * adapters, and one in workgroup memory takes a barrier.
 */
function lookedUp(f: KernelWriter, book: keyof typeof codeBooks, nibbles: Node<"vec4u">): Vec4 {
  const name = `${book}_numbers`;
  let level: string[] = codeBooks[book].map((number) => float.const("vec4f", number).text);
  const lines: string[] = [];
  for (let bit = 0; level.length > 1; bit++) {
    lines.push(`let bit_${bit} = (codes & vec4u(${1 << bit}u)) != vec4u();`);
    level = Array.from({ length: level.length / 2 }, (_, i) => {
      lines.push(
        `let number_${bit}_${i} = select(${level[2 * i]}, ${level[2 * i + 1]}, bit_${bit});`,
      );
      return `number_${bit}_${i}`;
    });
  }
  f.function(
    name,
    `fn ${name}(codes: vec4u) -> vec4f ` +
      `{\n${[...lines, `return ${level[0]};`].map((line) => `  ${line}`).join("\n")}\n}`,
  );
  return builtin("vec4f", name, nibbles);
}
