/** How weights lie in memory for kernels: panels, and what fills them up. */
import {
  float32ToBfloat16,
  loadPlanned,
  packPanels,
  syntheticTensor,
  syntheticWeights,
  WeightsError,
} from "@sigil/runtime/internal";
import type { PlannedWeight } from "@sigil/spec";
import { expect, test } from "vitest";

test(
  "a panel has a column at a time of its rows; rows and columns " +
    "that the matrix lacks are zeros",
  () => {
    const buffer = new ArrayBuffer(4 * 16);
    new Float32Array(buffer).fill(7);
    packPanels(buffer, 0, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), {
      rows: 3,
      columns: 3,
      width: 2,
      storage: "float32",
      panelColumns: 4,
    });
    expect([...new Float32Array(buffer)]).toEqual([1, 4, 2, 5, 3, 6, 0, 0, 7, 0, 8, 0, 9, 0, 0, 0]);
  },
);

test("parts of a weight lie under one another in rows as long as the layout says", async () => {
  const shapes = [
    ["first", 2],
    ["second", 3],
  ] as const;
  const weight: PlannedWeight = {
    offset: 0,
    bytes: 5 * 8 * 2,
    rows: 5,
    columns: 6,
    layout: { kind: "panels", width: 1, storage: "bfloat16", columns: 8 },
    parts: shapes.map(([tensor, end]) => ({ tensor, begin: 0, end })),
  };
  const buffer = new ArrayBuffer(weight.bytes);
  await loadPlanned(
    [weight],
    syntheticWeights(
      shapes.map(([name, rows]) => ({ name, shape: [rows, 6] })),
      1,
    ),
    { place: () => ({ buffer, offset: 0 }) },
    {},
  );
  const rows = shapes.flatMap(([name, count]) =>
    Array.from({ length: count }, (_, row) =>
      [...syntheticTensor(name, [count, 6], 1).subarray(6 * row, 6 * row + 6)].map(
        float32ToBfloat16,
      ),
    ),
  );
  expect([...new Uint16Array(buffer)]).toEqual(rows.flatMap((row) => [...row, 0, 0]));
});

test("codes are refused of a source that has none, because it was not bound", async () => {
  const storage = { bits: 8, group: 32 } as const;
  const weight: PlannedWeight = {
    offset: 0,
    bytes: 48,
    rows: 1,
    columns: 32,
    layout: { kind: "panels", width: 1, storage },
    parts: [{ tensor: "first", begin: 0, end: 1 }],
  };
  const load = loadPlanned(
    [weight],
    syntheticWeights([{ name: "first", shape: [1, 32] }], 1),
    { place: () => ({ buffer: new ArrayBuffer(weight.bytes), offset: 0 }) },
    {},
  );
  await expect(load).rejects.toThrow(WeightsError);
  await expect(load).rejects.toThrow('tensor "first": is not bound to the plan');
});
