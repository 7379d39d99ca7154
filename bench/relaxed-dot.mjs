/**
 * How fast tiles of int8 by int8 are in this engine with and without relaxed_dot, which is defined
 * for seven bits alone on one side: node bench/relaxed-dot.mjs. Prints the least processor time of
 * thirty rounds in turn. See docs/decisions/31-no-relaxed-dot.md.
 */
import wabt from "wabt";

const [rows, depth, repeats, rounds] = [4, 768, 4000, 30];
const [panelAt, sumsAt] = [65536, 262144];
const list = (count) => [...Array(count).keys()];
const splat = (to, row, bytes) =>
  `(local.set ${to} (v128.load32_splat offset=${row * bytes} (local.get $a)))`;
const column = (i) => `(local.set $b${i} (v128.load offset=${16 * i} (local.get $b)))`;
const get = (name) => `(local.get ${name})`;
const relaxed = (row, half, x, y) => {
  const sum = `$s${row}_${half}`;
  return `(local.set ${sum} (i32x4.relaxed_dot_i8x16_i7x16_add_s ${x} ${y} ${get(sum)}))`;
};

/** Loads columns of a panel, then does what a row takes. */
const stepOf = (columns, ofRow) => [...list(columns).map(column), ...list(rows).flatMap(ofRow)];
const halves = [0, 1];

/** A step of `values` of the depth for four rows by eight columns. */
const tiles = {
  "16 bits: dot_i16x8, exact": {
    values: 2,
    panelBytes: 32,
    step: stepOf(2, (row) => [
      splat("$x", row, 2 * depth),
      ...halves.map((half) => {
        const product = `(i32x4.dot_i16x8_s ${get("$x")} ${get(`$b${half}`)})`;
        const sum = `$s${row}_${half}`;
        return `(local.set ${sum} (i32x4.add ${get(sum)} ${product}))`;
      }),
    ]),
  },
  "relaxed_dot, twice: seven bits of a weight and one, exact": {
    values: 4,
    panelBytes: 64,
    step: stepOf(4, (row) => [
      splat("$x", row, depth),
      ...list(4).map((i) => relaxed(row, i & 1, get("$x"), get(`$b${i}`))),
    ]),
  },
  "relaxed_dot: magnitudes, and weights with their signs, exact": {
    values: 4,
    panelBytes: 32,
    step: stepOf(2, (row) => [
      splat("$x", row, depth),
      splat("$signs", row + rows, depth),
      ...halves.map((half) => {
        const turned = `(v128.xor ${get(`$b${half}`)} ${get("$signs")})`;
        return relaxed(row, half, `(i8x16.sub ${turned} ${get("$signs")})`, get("$x"));
      }),
    ]),
  },
  "relaxed_dot: seven bits": {
    values: 4,
    panelBytes: 32,
    step: stepOf(2, (row) => [
      splat("$x", row, depth),
      ...halves.map((half) => relaxed(row, half, get(`$b${half}`), get("$x"))),
    ]),
  },
};

const assembler = await wabt();
const features = { simd: true, relaxed_simd: true };
const sums = list(rows).flatMap((row) => list(2).map((half) => `$s${row}_${half}`));
async function build({ values, panelBytes, step }) {
  const end = panelAt + (depth / values) * panelBytes;
  const vectors = [...sums, "$x", "$signs", ...list(4).map((i) => `$b${i}`)];
  const wat = `(module (memory 8) (func (export "run") (param $n i32) (local $a i32) (local $b i32)
    ${vectors.map((name) => `(local ${name} v128)`).join(" ")}
    (loop $again
      (local.set $a (i32.const 0)) (local.set $b (i32.const ${panelAt}))
      (loop $k
        ${step.join("\n")}
        (local.set $a (i32.add (local.get $a) (i32.const 4)))
        (local.set $b (i32.add (local.get $b) (i32.const ${panelBytes})))
        (br_if $k (i32.lt_u (local.get $b) (i32.const ${end}))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ${sums.map((s, i) => `(v128.store (i32.const ${sumsAt + 16 * i}) ${get(s)})`).join("\n")}))`;
  const parsed = assembler.parseWat("tile", wat, features);
  parsed.validate(features);
  const { instance } = await WebAssembly.instantiate(parsed.toBinary({}).buffer);
  return instance.exports.run;
}

const runs = {};
for (const [name, tile] of Object.entries(tiles))
  runs[name] = await build(tile).catch(() => console.log(`${name}: not in this engine`));
const least = {};
// The first round waits for the optimising compiler.
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(runs)) {
    if (!run) continue;
    const begin = process.cpuUsage();
    run(repeats);
    const { user, system } = process.cpuUsage(begin);
    least[name] = Math.min(least[name] ?? Infinity, user + system);
  }
  if (round === 0) await new Promise((done) => setTimeout(done, 500));
}
const operations = 2 * rows * 8 * depth * repeats;
console.log(`${process.version}, V8 ${process.versions.v8}, billions of operations a second`);
for (const [name, time] of Object.entries(least))
  console.log(`${name}: ${(operations / time / 1e3).toFixed(0)}`);
