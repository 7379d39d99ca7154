/**
 * Attention: a unit is one head of one sequence. Its keys and values are packed into panels in
 * scratch; four queries at a
 * time meet the key panels, take a numerically safe softmax and meet the value panels, so only four
 * rows of scores exist.
 */
import { attentionOperands } from "../../kernels/operands.ts";
import type { AttentionProblem } from "../../kernels/problem.ts";
import { multiply } from "../../ir/extent.ts";
import { kernelWriter, plus, roundUp, times, type EmitOptions, type Emitted } from "./kernel.ts";
import { exp } from "./math.ts";
import { forLanes, tailMask } from "./rows.ts";
import { select } from "./select.ts";
import { clearSums, forRowBlocks, multiplyTile, panelPitch, panelWidth } from "./tile.ts";
import { maxLanes, sumLanes, type FunctionWriter } from "./wat/function-writer.ts";
import { f32, f32x4, i32, v128, type I32 } from "./wat/nodes.ts";

/**
 * Transposes `[keys, headSize]` rows into panels of eight keys; lanes past the last key keep what
 * was there.
 */
function packKeys(f: FunctionWriter, problem: AttentionProblem, source: I32, target: I32): void {
  const { headSize } = problem;
  const from = f.let("keyRow", source);
  f.forRange("key", i32.const(0), i32.const(problem.keys), 1, (key) => {
    const lane = i32.and(key, i32.const(panelWidth - 1));
    const to = f.let(
      "keyLane",
      i32.add(
        target,
        i32.add(times(i32.shrU(key, i32.const(3)), headSize * panelPitch), times(lane, 4)),
      ),
    );
    for (let c = 0; c < headSize; c += 4) {
      if (c + 4 > headSize)
        for (let i = c; i < headSize; i++) f.storeFloat(to, f32.load(from, 4 * i), i * panelPitch);
      else {
        const four = f.let("four", v128.load(from, 4 * c));
        for (let i = 0; i < 4; i++) f.storeLane(to, four, i, (c + i) * panelPitch);
      }
    }
    f.set(from, plus(from, 4 * problem.keyStride));
  });
}

/**
 * Copies `[keys, headSize]` into panels of eight channels; channels past the head are whatever
 * follows it and never stored.
 */
function packValues(f: FunctionWriter, problem: AttentionProblem, source: I32, target: I32): void {
  const { headSize, keys } = problem;
  const from = f.let("valueRow", source);
  const to = f.let("valueLane", target);
  f.forRange("key", i32.const(0), i32.const(keys), 1, () => {
    for (let c = 0; c < headSize; c += 4)
      f.storeVector(
        to,
        v128.load(from, 4 * c),
        Math.floor(c / panelWidth) * keys * panelPitch + 4 * (c % panelWidth),
      );
    f.set(from, plus(from, 4 * problem.valueStride));
    f.set(to, plus(to, panelPitch));
  });
}

export function emitAttention(
  name: string,
  problem: AttentionProblem,
  { madd }: EmitOptions,
): Emitted {
  const { heads, headSize, queries, keys } = problem;
  const { mr } = select(problem);
  const names = [
    "q",
    "k",
    "v",
    ...(problem.mask ? ["mask"] : []),
    "out",
    ...(problem.probabilities ? ["probabilities"] : []),
  ];
  const { f, operands, extents, scratch, begin, end } = kernelWriter(name, names, []);
  const { q, k, v, mask, out, probabilities } = attentionOperands(problem, operands);

  const keyPanels = Math.ceil(keys / panelWidth);
  const channelPanels = Math.ceil(headSize / panelWidth);
  const scoreStride = keyPanels * panelPitch;
  const scoreBytes = mr * scoreStride;
  const keyBytes = keyPanels * headSize * panelPitch;
  const valueBytes = roundUp(channelPanels * keys * panelPitch, 64);
  const [keyPanel, valuePanel] = [
    f.let("keyPanels", plus(scratch, scoreBytes)),
    f.let("valuePanels", plus(scratch, scoreBytes + keyBytes)),
  ];

  f.forRange("unit", begin, end, 1, (unit) => {
    const batch = f.let("batch", i32.divU(unit, i32.const(heads)));
    const headBytes = f.let("headBytes", times(i32.sub(unit, times(batch, heads)), 4 * headSize));
    const head = (base: I32, rows: number, stride: number): I32 =>
      i32.add(i32.add(base, times(batch, 4 * rows * stride)), headBytes);
    packKeys(f, problem, head(k, keys, problem.keyStride), keyPanel);
    packValues(f, problem, head(v, keys, problem.valueStride), valuePanel);
    const queryRows = f.let(
      "queryRows",
      problem.sharedQuery ? i32.add(q, headBytes) : head(q, queries, problem.queryStride),
    );
    const outRows = f.let("outRows", head(out, queries, heads * headSize));

    const row = f.let("row", i32.const(0));
    forRowBlocks(f, mr, row, i32.const(queries), (count) => {
      const query = f.let("query", i32.add(queryRows, times(row, 4 * problem.queryStride)));
      const tops = Array.from({ length: count }, (_, r) => f.let(`top${r}`, f32x4.all(-Infinity)));

      const score = (panel: I32, lanes: number): void => {
        const sums = clearSums(f, count);
        multiplyTile(
          f,
          {
            rows: count,
            a: query,
            stride: 4 * problem.queryStride,
            panel: i32.add(keyPanel, times(panel, headSize * panelPitch)),
            depth: headSize,
            madd,
          },
          sums,
        );
        const to = f.let("scores", i32.add(scratch, times(panel, panelPitch)));
        for (const half of [0, 1]) {
          const valid = Math.max(0, Math.min(4, lanes - 4 * half));
          const added =
            mask && valid > 0
              ? f.let(
                  "masked",
                  v128.load(
                    i32.add(i32.add(mask, times(batch, 4 * keys)), times(panel, panelPitch)),
                    16 * half,
                  ),
                )
              : undefined;
          for (let r = 0; r < count; r++) {
            const scaled = f32x4.mul(sums[r]![half]!, f32x4.all(problem.scale));
            const value = f.let("score", added ? f32x4.add(scaled, added) : scaled);
            if (valid < 4) f.set(value, v128.select(value, f32x4.all(-Infinity), tailMask(valid)));
            f.storeVector(to, value, r * scoreStride + 16 * half);
            f.set(tops[r]!, f32x4.max(tops[r]!, value));
          }
        }
      };
      const whole = Math.floor(keys / panelWidth);
      if (whole > 0)
        f.forRange("panel", i32.const(0), i32.const(whole), 1, (panel) => score(panel, panelWidth));
      if (keys % panelWidth) score(i32.const(whole), keys % panelWidth);

      const scales = tops.map((top, r) => {
        const most = f.let("most", f32x4.splat(maxLanes(top)));
        const sum = f.let("sum", f32x4.all(0));
        forLanes(f, keyPanels * panelWidth, (byte) => {
          const at = f.let("at", i32.add(scratch, byte));
          const value = f.let("weight", exp(f, f32x4.sub(v128.load(at, r * scoreStride), most)));
          f.storeVector(at, value, r * scoreStride);
          f.set(sum, f32x4.add(sum, value));
        });
        return f.let(`scale${r}`, f32x4.splat(f32.div(f32.const(1), sumLanes(sum))));
      });
      if (probabilities) {
        const rows = f.let(
          "probabilityRows",
          i32.add(probabilities, times(i32.add(times(unit, queries), row), 4 * keys)),
        );
        scales.forEach((scale, r) =>
          forLanes(f, keys, (byte, lanes) =>
            f.storeLanes(
              i32.add(rows, byte),
              f.let(
                "probability",
                f32x4.mul(v128.load(i32.add(scratch, byte), r * scoreStride), scale),
              ),
              lanes,
              4 * r * keys,
            ),
          ),
        );
      }

      const target = f.let("target", i32.add(outRows, times(row, 4 * heads * headSize)));
      const weigh = (panel: I32, channels: number): void => {
        const sums = clearSums(f, count);
        multiplyTile(
          f,
          {
            rows: count,
            a: scratch,
            stride: scoreStride,
            panel: i32.add(valuePanel, times(panel, keys * panelPitch)),
            depth: keys,
            madd,
          },
          sums,
        );
        const to = f.let("to", i32.add(target, times(panel, panelPitch)));
        for (let r = 0; r < count; r++)
          for (let half = 0; 4 * half < channels; half++)
            f.storeLanes(
              to,
              f.let("value", f32x4.mul(sums[r]![half]!, scales[r]!)),
              Math.min(4, channels - 4 * half),
              4 * r * heads * headSize + 16 * half,
            );
      };
      const wholeChannels = Math.floor(headSize / panelWidth);
      if (wholeChannels > 0)
        f.forRange("channels", i32.const(0), i32.const(wholeChannels), 1, (panel) =>
          weigh(panel, panelWidth),
        );
      if (headSize % panelWidth) weigh(i32.const(wholeChannels), headSize % panelWidth);
    });
  });
  return {
    wat: f.print(),
    choice: `${mr} queries a block against ${keyPanels} panels of keys`,
    units: { of: multiply(problem.batch, heads), per: 1 },
    extents,
    scratchBytes: scoreBytes + keyBytes + valueBytes,
    layouts: operands.map((_, i) => (i < 3 ? ({ kind: "rows" } as const) : undefined)),
  };
}
