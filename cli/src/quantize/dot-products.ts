/** Dot products of float64 values in WebAssembly, which takes two at a time. */
import { assemble } from "@sigil/compiler/internal";

export interface DotProducts {
  /** Zeros; one array for each of the lengths. */
  readonly arrays: readonly Float64Array[];
  /**
   * Products of `count` values of `row`, from `at` on, with those of four rows of `others`, which
   * begin at `first` and are `stride` apart; the last row stands for those beyond it. The result is
   * valid until the next call. Both are arrays of this memory.
   */
  dot4(
    row: Float64Array,
    at: number,
    others: Float64Array,
    first: number,
    stride: number,
    count: number,
  ): Float64Array;
}

const pageBytes = 65536;
const align = (bytes: number): number => 64 * Math.ceil(bytes / 64);

/** Throws RangeError where there is no memory for arrays of these lengths: 4 GiB in all at most. */
export async function createDotProducts(...lengths: readonly number[]): Promise<DotProducts> {
  const sumBytes = align(4 * Float64Array.BYTES_PER_ELEMENT);
  const places: number[] = [];
  let end = sumBytes;
  for (const length of lengths) {
    places.push(end);
    end += align(length * Float64Array.BYTES_PER_ELEMENT);
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / pageBytes) });
  const { exports } = await WebAssembly.instantiate(await compiled(), { env: { memory } });
  const dot4 = exports.dot4 as (...addresses: number[]) => void;
  const sums = new Float64Array(memory.buffer, 0, 4);
  return {
    arrays: places.map((place, i) => new Float64Array(memory.buffer, place, lengths[i])),
    dot4(row, at, others, first, stride, count) {
      const last = others.length - stride;
      const from = others.byteOffset;
      dot4(
        row.byteOffset + 8 * at,
        from + 8 * first,
        from + 8 * Math.min(first + stride, last),
        from + 8 * Math.min(first + 2 * stride, last),
        from + 8 * Math.min(first + 3 * stride, last),
        count,
      );
      return sums;
    },
  };
}

let module: Promise<WebAssembly.Module> | undefined;

function compiled(): Promise<WebAssembly.Module> {
  module ??= assemble("dot-products.wat", wat).then((bytes) =>
    WebAssembly.compile(bytes as BufferSource),
  );
  return module;
}

const rows = ["a", "b", "c", "d"] as const;
/** Two sums of each row, so that no addition need wait for the last. */
const sets = [0, 1] as const;
const each = (text: (row: string, i: number) => string): string => rows.map(text).join("\n");
const move = (bytes: number): string =>
  ["x", ...rows]
    .map((name) => `(local.set $${name} (i32.add (local.get $${name}) (i32.const ${bytes})))`)
    .join("\n");
const four = sets
  .map(
    (set) =>
      `(local.set $v (v128.load offset=${16 * set} (local.get $x)))\n` +
      each(
        (row) =>
          `(local.set $${row}${set} (f64x2.add (local.get $${row}${set})
             (f64x2.mul (local.get $v) (v128.load offset=${16 * set} (local.get $${row})))))`,
      ),
  )
  .join("\n");
const lanes = (row: string): string =>
  sets
    .flatMap((set) =>
      [0, 1].map((lane) => `(f64x2.extract_lane ${lane} (local.get $${row}${set}))`),
    )
    .reduce((sum, lane) => `(f64.add ${sum} ${lane})`);

/** (x, a, b, c, d, count): products of x with the others, to address 0. */
const wat = `(module
  (import "env" "memory" (memory 1))
  (func (export "dot4")
    (param $x i32) ${each((row) => `(param $${row} i32)`)} (param $count i32)
    (local $v v128)
    ${each((row) => sets.map((set) => `(local $${row}${set} v128)`).join(" "))}
    ${each((row) => `(local $${row}Sum f64)`)}
    (block $rest
      (br_if $rest (i32.lt_s (local.get $count) (i32.const 4)))
      (loop $fours
        ${four}
        ${move(32)}
        (local.set $count (i32.sub (local.get $count) (i32.const 4)))
        (br_if $fours (i32.ge_s (local.get $count) (i32.const 4)))))
    ${each((row) => `(local.set $${row}Sum ${lanes(row)})`)}
    (block $end
      (br_if $end (i32.eqz (local.get $count)))
      (loop $ones
        ${each(
          (row) =>
            `(local.set $${row}Sum (f64.add (local.get $${row}Sum)
               (f64.mul (f64.load (local.get $x)) (f64.load (local.get $${row})))))`,
        )}
        ${move(8)}
        (br_if $ones (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
    ${each((row, i) => `(f64.store offset=${8 * i} (i32.const 0) (local.get $${row}Sum))`)}))`;
