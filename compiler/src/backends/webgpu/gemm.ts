/**
 * Gemm with a packed B. A thread computes a tile of `rows` by four times `quads` columns in
 * registers; the threads' rows and
 * columns are interleaved, so that neighbours read neighbours. Two skeletons: one stages blocks of
 * the depth in workgroup
 * memory, the other reads both matrices straight from storage, where the threads of a subgroup may
 * share the rows of A.
 */
import { isQuantized } from "@sigil/spec";
import { valueOf } from "../../ir/extent.ts";
import { gemmOperands, operandNamed } from "../../kernels/operands.ts";
import type { GemmProblem } from "../../kernels/problem.ts";
import { gemmInput } from "./gemm-input.ts";
import { rowLayout, type EmitContext, type Emitted } from "./emitted.ts";
import { declareOperands, type Terms } from "./operands.ts";
import { epilogueSteps, loadEpilogue, renderExpression } from "./render-expression.ts";
import type { selectGemm } from "./select.ts";
import { floatWeight, panelWidth } from "./gemm-weight.ts";
import { quantizedWeight } from "./gemm-weight-quantized.ts";
import { element, KernelWriter, type Variable } from "./wgsl/kernel-writer.ts";
import { matrix, subgroup, u32, vec4, type U32, type Vec4 } from "./wgsl/nodes.ts";

/**
 * The multiply-adds of one quad of the depth: `a[r]` holds four depths of a row, `b[c][j]` four
 * columns at depth c; depths that B lacks are left out.
 */
function multiplyQuad(
  f: KernelWriter,
  sums: readonly (readonly Variable<"vec4f">[])[],
  a: readonly Vec4[],
  b: readonly (readonly Vec4[])[],
): void {
  const tiles = b[0]!.map((_, j) => f.let(`b_${j}`, matrix.of(b.map((columns) => columns[j]!))));
  a.forEach((row, r) =>
    tiles.forEach((tile, j) => f.accumulate(sums[r]![j]!, matrix.multiply(tile, row))),
  );
}

export function emitGemm(
  problem: GemmProblem,
  config: ReturnType<typeof selectGemm>,
  { views, symbols }: EmitContext,
): Emitted {
  const { depth, epilogueOperands } = problem;
  if (problem.b.kind !== "weight") throw new Error("internal: B is not a weight");
  const { storage } = problem.b;
  const [rows, columns] = [valueOf(problem.rows, symbols), valueOf(problem.columns, symbols)];
  const weight = isQuantized(storage)
    ? quantizedWeight(storage, columns, depth)
    : floatWeight(storage, depth, config.f16);
  const { threads, quads, rows: tileRows, staged, broadcast } = config;
  const panels = Math.ceil(columns / panelWidth);
  const groupRows = threads[1] * tileRows;
  const groupPanels = threads[0] * quads;

  const f = new KernelWriter();
  const input = gemmInput(problem);
  const operands = declareOperands(f, views, [
    { name: "a", steps: input.steps, ...(input.bytes && { bytes: true }) },
    { name: "b", ...weight.use },
    ...epilogueOperands.map((o) => ({ name: o.name, steps: epilogueSteps(o, columns) })),
    { name: "c", steps: [columns] },
  ]);
  const { a, b, epilogue, c } = gemmOperands(problem, operands);
  if (config.f16) f.enable("f16");
  const firstRow = f.let("first_row", u32.mul(f.group.y, u32.const(groupRows)));
  const firstPanel = f.let("first_panel", u32.mul(f.group.x, u32.const(groupPanels)));
  const rowAt = (r: number): U32 =>
    u32.add(firstRow, u32.add(f.local.y, u32.const(threads[1] * r)));
  const panelAt = (j: number): U32 =>
    u32.add(firstPanel, u32.add(f.local.x, u32.const(threads[0] * j)));
  // Rows past the last are computed again from the last and not stored.
  const inRows = (row: U32): U32 =>
    rows % groupRows === 0 ? row : u32.min(row, u32.const(rows - 1));
  const inPanels = (panel: U32): U32 =>
    panels % groupPanels === 0 ? panel : u32.min(panel, u32.const(panels - 1));
  const sums = Array.from({ length: tileRows }, (_, r) =>
    Array.from({ length: quads }, (_, j) => f.var(`sum_${r}_${j}`, vec4.zero)),
  );

  // The epilogue loops over them: it is the longer part of a shader, and drivers take their time
  // over long ones.
  const results = f.privateArray("results", "vec4f", tileRows * quads);
  const keep = (): void => sums.flat().forEach((sum, i) => f.store(results, u32.const(i), sum));

  if (staged > 0) {
    // One vector of padding a row, so that threads of a column read different banks.
    const pitch = staged + 1;
    const aTile = f.workgroup("a_tile", "vec4f", groupRows * pitch);
    const bTile = f.workgroup("b_tile", "vec4f", 4 * staged * groupPanels);
    const thread = f.let("thread", u32.add(u32.mul(f.local.y, u32.const(threads[0])), f.local.x));
    const depthQuads = depth / 4;
    f.forRange("block", u32.const(0), u32.const(depthQuads), staged, (block) => {
      f.forRange("i", thread, u32.const(groupRows * staged), threads[0] * threads[1], (i) => {
        const [row, quad] = [
          f.let("row", u32.div(i, u32.const(staged))),
          f.let("quad", u32.rem(i, u32.const(staged))),
        ];
        const load = (): Vec4 =>
          input.load4(f, a, input.row(f, inRows(u32.add(firstRow, row))), u32.add(block, quad), 4);
        const place = u32.add(u32.mul(row, u32.const(pitch)), quad);
        if (depthQuads % staged === 0) f.store(aTile, place, load());
        else {
          f.store(aTile, place, vec4.zero);
          f.if(u32.lt(u32.add(block, quad), u32.const(depthQuads)), () =>
            f.store(aTile, place, load()),
          );
        }
      });
      const { depths } = weight;
      const units = (4 * staged) / depths;
      f.forRange("i", thread, u32.const(units * groupPanels), threads[0] * threads[1], (i) => {
        const [panel, k] = [
          f.let("panel", u32.div(i, u32.const(units))),
          f.let("k", u32.rem(i, u32.const(units))),
        ];
        // Past the depth A is zero, and B the last vector again: finite times zero.
        const at = u32.add(u32.mul(block, u32.const(4 / depths)), k);
        const from = depthQuads % staged === 0 ? at : u32.min(at, u32.const(depth / depths - 1));
        const start = weight.panel(f, b, inPanels(u32.add(firstPanel, panel)));
        weight
          .load(f, b, start, from)
          .forEach((vector, lane) =>
            f.store(
              bTile,
              u32.add(
                u32.mul(
                  u32.add(u32.mul(k, u32.const(depths)), u32.const(lane)),
                  u32.const(groupPanels),
                ),
                panel,
              ),
              vector,
            ),
          );
      });
      f.barrier();
      f.forRange("quad", u32.const(0), u32.const(staged), 1, (quad) => {
        const rowsOfA = sums.map((_, r) =>
          f.let(
            `a_${r}`,
            element(
              aTile,
              u32.add(
                u32.mul(u32.add(f.local.y, u32.const(threads[1] * r)), u32.const(pitch)),
                quad,
              ),
            ),
          ),
        );
        const from = f.let("from_b", u32.add(u32.mul(quad, u32.const(4 * groupPanels)), f.local.x));
        multiplyQuad(
          f,
          sums,
          rowsOfA,
          [0, 1, 2, 3].map((lane) =>
            sums[0]!.map((_, j) =>
              element(bTile, u32.add(from, u32.const(lane * groupPanels + threads[0] * j))),
            ),
          ),
        );
      });
      f.barrier();
    });
    keep();
  } else {
    const starts = sums[0]!.map((_, j) => {
      const [start, ...more] = weight.panel(f, b, inPanels(panelAt(j)));
      return [f.let(`b_start_${j}`, start), ...more] as const;
    });
    /** The quads of B at one quad of the depth. */
    const quadsOfB = (quad: U32, valid: number): Vec4[][] => {
      const loaded =
        weight.depths === 4
          ? starts.map((start) => weight.load(f, b, start, quad))
          : starts.map((start) =>
              Array.from({ length: valid }, (_, lane) =>
                weight.load(f, b, start, u32.add(u32.mul(quad, u32.const(4)), u32.const(lane))),
              ).flat(),
            );
      return Array.from({ length: valid }, (_, lane) => loaded.map((vectors) => vectors[lane]!));
    };
    // Lavapipe unrolls what it can count, rows times depth, and then compiles for 10 s; `group.z`
    // is always 0, which only we know.
    const uncounted = (count: number): U32 =>
      broadcast ? u32.add(u32.const(count), f.group.z) : u32.const(count);
    const eachQuad = (body: (quad: U32, valid: number) => void): void => {
      const whole = Math.floor(depth / 4);
      f.forRange("quad", u32.const(0), uncounted(whole), 1, (quad) => body(quad, 4));
      if (depth % 4 !== 0) body(u32.const(whole), depth % 4);
    };
    if (!broadcast) {
      const rowTerms: Terms[] = sums.map((_, r) =>
        input.row(f, f.let(`row_${r}`, inRows(rowAt(r)))),
      );
      eachQuad((quad, valid) =>
        multiplyQuad(
          f,
          sums,
          rowTerms.map((terms, r) => f.let(`a_${r}`, input.load4(f, a, terms, quad, valid))),
          quadsOfB(quad, valid),
        ),
      );
      keep();
    } else {
      const lane = f.subgroupLane();
      const lanes = threads[0];
      // Nothing says how threads become subgroups; where they are not the first of one, each
      // computes its columns row by row.
      const together = u32.equal(
        subgroup.sum(u32.of(u32.lt(lane, u32.const(lanes)))),
        u32.const(lanes),
      );
      const rowByRow = (): void =>
        f.forRange("r", u32.const(0), uncounted(tileRows), 1, (r) => {
          const terms = input.row(
            f,
            f.let("row", u32.min(u32.add(firstRow, r), u32.const(rows - 1))),
          );
          const sum = starts.map((_, j) => f.var(`sum_${j}`, vec4.zero));
          eachQuad((quad, valid) =>
            multiplyQuad(
              f,
              [sum],
              [f.let("a_row", input.load4(f, a, terms, quad, valid))],
              quadsOfB(quad, valid),
            ),
          );
          sum.forEach((value, j) =>
            f.store(results, u32.add(u32.mul(r, u32.const(quads)), u32.const(j)), value),
          );
        });
      f.if(
        together,
        () => {
          const own = Array.from({ length: Math.ceil(tileRows / lanes) }, (_, i) =>
            input.row(
              f,
              f.let(
                `own_row_${i}`,
                u32.min(
                  u32.add(firstRow, u32.add(lane, u32.const(lanes * i))),
                  u32.const(rows - 1),
                ),
              ),
            ),
          );
          eachQuad((quad, valid) => {
            const loaded = own.map((terms, i) =>
              f.let(`own_${i}`, input.load4(f, a, terms, quad, valid)),
            );
            multiplyQuad(
              f,
              sums,
              sums.map((_, r) =>
                f.let(`a_${r}`, subgroup.broadcast(loaded[Math.floor(r / lanes)]!, r % lanes)),
              ),
              quadsOfB(quad, valid),
            );
          });
          keep();
        },
        rowByRow,
      );
    }
  }

  const tail = columns % panelWidth;
  const finish = (sum: Vec4, row: U32, panel: U32, valid: number): void => {
    const value = renderExpression(f, "vec4f", problem.epilogue, {
      accumulator: sum,
      operand: (name) => {
        const { place, operand } = operandNamed(epilogue, name);
        return loadEpilogue(f, "vec4f", operand, place, row, panel, columns, valid);
      },
    });
    c.store4(
      f,
      [
        [row, columns],
        [panel, 4],
      ],
      value,
      valid,
    );
  };
  f.forRange("result", u32.const(0), u32.const(tileRows * quads), 1, (result) => {
    const row = f.let(
      "to_row",
      u32.add(
        firstRow,
        u32.add(f.local.y, u32.mul(u32.div(result, u32.const(quads)), u32.const(threads[1]))),
      ),
    );
    const panel = f.let(
      "to_panel",
      u32.add(
        firstPanel,
        u32.add(f.local.x, u32.mul(u32.rem(result, u32.const(quads)), u32.const(threads[0]))),
      ),
    );
    const sum = f.let("sum", element(results, result));
    const inRow = (body: () => void): void =>
      rows % groupRows === 0 ? body() : f.if(u32.lt(row, u32.const(rows)), body);
    const whole = Math.floor(columns / panelWidth);
    inRow(() => {
      if (whole % groupPanels === 0 && tail === 0) return finish(sum, row, panel, 4);
      f.if(u32.lt(panel, u32.const(whole)), () => finish(sum, row, panel, 4));
      if (tail !== 0) f.if(u32.equal(panel, u32.const(whole)), () => finish(sum, row, panel, tail));
    });
  });
  return {
    code: f.print(threads),
    choice:
      `${groupRows}x${groupPanels * panelWidth} a workgroup of ${threads.join("x")} threads, ` +
      `${staged > 0 ? `${4 * staged} deep in workgroup memory` : "straight from storage"}` +
      `${broadcast ? ", rows broadcast in subgroups" : ""}${config.f16 ? ", weights as f16" : ""}`,
    grid: [
      { of: panels, per: groupPanels },
      { of: problem.rows, per: groupRows },
    ],
    extents: [],
    layouts: [undefined, weight.layout, ...epilogueOperands.map(() => rowLayout), undefined],
  };
}
