/**
 * Checks that the numbers of a program agree: everything lies aligned inside its memory, and parts
 * of existing tensors cover every weight. It does not check how kernels use them.
 */
import type { Extent, Location, Plan, PlannedProgram, PlannedWeight } from "@sigil/spec";
import { align, alignment, weightBytes } from "@sigil/spec/shared";
import { valueOf } from "./extent.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Lists every fault with its place. The program must already fit its schema. */
export function programFaults(
  { tensors, config, kind }: Plan,
  program: PlannedProgram,
  at: string,
): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, place: string, what: string): void => {
    if (!holds) faults.push(`${at}.${place}: ${what}`);
  };
  const { symbols, weights, weightBytes: end, arenaBytes } = program;
  for (const [symbol, largest] of Object.entries(symbols))
    expect(
      Number.isSafeInteger(largest) && largest >= 1,
      `symbols.${symbol}`,
      `expected a size of at least 1, received ${largest}`,
    );

  /** The largest value of a size. Loading has no symbols. */
  const largestOf = (extent: Extent, place: string, known: object = symbols): number => {
    const unknown =
      typeof extent === "number"
        ? []
        : extent.symbols.filter((name) => !Object.hasOwn(known, name));
    expect(unknown.length === 0, place, `there is no symbol ${unknown.join(", ")}`);
    return unknown.length > 0 ? 0 : valueOf(extent, symbols);
  };
  const largest = (shape: readonly Extent[], place: string): number =>
    product(shape.map((extent, axis) => largestOf(extent, `${place}.shape[${axis}]`)));
  /** Claims a range of bytes, in which no other range may begin. */
  const placed = ({ space, offset }: Location, bytes: number, place: string): void => {
    expect(space === "arena", place, "expected a place in the arena");
    expect(offset % alignment === 0, place, `${offset} is no multiple of ${alignment}`);
    expect(offset + bytes <= arenaBytes, place, `ends outside the arena of ${arenaBytes} bytes`);
  };

  const inputs = new Map(program.inputs.map((input) => [input.name, input]));
  expect(inputs.size === program.inputs.length, "inputs", "two have one name");
  program.inputs.forEach(({ name, dtype, shape, table, location }, i) => {
    const place = `inputs[${i}]`;
    const bytes = (dtype === "uint8" ? 1 : 4) * largest(shape, place);
    if (location) placed(location, bytes, `${place}.location`);
    const row = table === undefined ? undefined : own(tensors, table)?.at(-1);
    expect(table === undefined || row === shape.at(-1), place, `${table} has no rows of ${name}`);
  });
  const outputs = new Set(program.outputs.map(({ name }) => name));
  expect(outputs.size === program.outputs.length, "outputs", "two have one name");
  program.outputs.forEach(({ dtype, stored, shape, location }, i) => {
    const place = `outputs[${i}]`;
    expect(dtype === "float32", place, "expected float32");
    const bytes = (stored ? 2 : 4) * largest(shape, place);
    if (location) placed(location, bytes, `${place}.location`);
    else expect(false, place, "has no place in memory");
  });
  program.gathers.forEach(({ input, table, count, width, target, rows }, i) => {
    const place = `gathers[${i}]`;
    const ids = inputs.get(input);
    expect(ids?.dtype === "int32", place, `there are no ids ${input}`);
    const all = largestOf(count, `${place}.count`);
    if (ids) expect(all === largest(ids.shape, place), place, `does not count ${input}`);
    expect(own(tensors, table)?.[1] === width, place, `${table} has no rows of ${width}`);
    placed(target, 4 * all * width, `${place}.target`);
    if (rows !== undefined)
      expect(own(tensors, table)?.[0] === rows, place, `${table} does not have ${rows} rows`);
  });

  let free = 0;
  [...weights]
    .sort((a, b) => a.offset - b.offset)
    .forEach((weight) => {
      const place = `weights[${weights.indexOf(weight)}]`;
      for (const fault of weightFaults(tensors, weight)) expect(false, place, fault);
      expect(weight.offset >= free, place, "lies in another one");
      free = weight.offset + weight.bytes;
    });
  expect(free <= end, "weights", `end outside the ${end} bytes that they have`);

  /** What `init` computes lies before the weights. */
  const constants = Math.min(end, ...weights.map(({ offset }) => offset));
  const sizeOf = new Map(weights.map(({ offset, bytes }) => [offset, bytes]));
  for (const list of ["init", "launches"] as const)
    program[list].forEach(({ operands, extents, units }, i) => {
      operands.forEach(({ space, offset, bytes = 0 }, k) => {
        const room =
          space === "arena"
            ? arenaBytes - offset
            : offset < constants
              ? constants - offset
              : (sizeOf.get(offset) ?? -1);
        const fits = room >= 0 && bytes <= align(room);
        expect(fits, `${list}[${i}].operands[${k}]`, `lies outside the ${space}`);
      });
      const known = list === "init" ? {} : symbols;
      for (const extent of [...extents, ...(units ? [units.of] : [])])
        expect(
          largestOf(extent, `${list}[${i}]`, known) < 2 ** 31,
          `${list}[${i}]`,
          "has a size beyond 2 to the 31",
        );
      expect(!units || units.per >= 1, `${list}[${i}].units`, "expected at least 1 a unit");
    });

  if (inputs.has("patches")) {
    const naflex = kind.startsWith("siglip2");
    const vision = config.vision_config as Readonly<Record<string, unknown>> | undefined;
    for (const key of naflex ? [] : ["image_size", "patch_size", "num_channels"]) {
      const size = vision?.[key] as number;
      expect(Number.isSafeInteger(size) && size >= 1, "inputs", `the config has no ${key}`);
    }
    expect(!!inputs.get("positions")?.table, "inputs", "patches have no table of positions");
  }
  return faults;
}

const own = (tensors: Plan["tensors"], name: string): readonly number[] | undefined =>
  Object.hasOwn(tensors, name) ? tensors[name] : undefined;

function weightFaults(
  tensors: Plan["tensors"],
  { offset, bytes, rows, columns, layout, parts }: PlannedWeight,
): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || faults.push(what));
  expect(offset % alignment === 0, `its offset ${offset} is no multiple of ${alignment}`);
  expect(rows >= 1 && columns >= 1, "expected rows and columns");
  if (layout.kind === "panels") {
    expect(layout.width >= 1, "expected panels of at least one row");
    expect((layout.columns ?? columns) >= columns, "its panels are narrower than its rows");
  }
  const expected = weightBytes(rows, columns, layout);
  expect(bytes === expected, `expected ${expected} bytes, received ${bytes}`);
  let covered = 0;
  for (const { tensor, begin, end, fold, resample } of parts) {
    const shape = own(tensors, tensor);
    const elements = shape ? product(shape) : 0;
    const width = fold ? fold.pixels * fold.scales.length : columns;
    expect(shape !== undefined, `there is no tensor ${tensor}`);
    expect(begin < end && end * width <= elements, `rows ${begin} to ${end} are not in ${tensor}`);
    expect(elements % width === 0, `${tensor} has no rows of ${width}`);
    if (fold) {
      const { scales, shifts } = fold;
      expect(!shifts || shifts.length === scales.length, "expected a shift for each scale");
      expect(columns === (shifts ? 1 : width), "folds to rows of another width");
    }
    const [from, to] = resample ? [product(resample.from), product(resample.to)] : [0, 0];
    if (resample) expect(from === end - begin && to >= 1, "resamples another grid");
    expect(!resample || (layout.kind === "rows" && !fold), "resamples what is no table");
    covered += resample ? to : end - begin;
  }
  expect(covered === rows, `its parts have ${covered} rows of ${rows}`);
  return faults;
}
