/**
 * Headers from strangers: each is read as the reference reader reads it, or refused with a
 * WeightsError.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bufferSource, openSafetensors, WeightsError, writeSafetensors } from "@sigil/runtime";
import { expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";

type Verdict = Record<
  string,
  [dtype: string, shape: number[], bytes: number, first: number | null]
>;

/** A file of a header, one byte a character, and `data` bytes that count up from 0. */
function fileOf(header: string, data: number): Uint8Array {
  const file = new Uint8Array(8 + header.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  for (let i = 0; i < header.length; i++) file[8 + i] = header.charCodeAt(i);
  for (let i = 0; i < data; i++) file[8 + header.length + i] = i;
  return file;
}

async function read(file: Uint8Array): Promise<Verdict | WeightsError> {
  try {
    const source = await openSafetensors(bufferSource(file, "x.safetensors"));
    return Object.fromEntries(
      await Promise.all(
        [...source.tensors].map(async ([name, { dtype, shape }]) => {
          const bytes = await source.read(name);
          return [name, [dtype, [...shape], bytes.length, bytes[0] ?? null]] as const;
        }),
      ),
    ) as unknown as Verdict;
  } catch (error) {
    if (error instanceof WeightsError) return error;
    throw error;
  }
}

// What Sigil refuses though the reference reads it: readers that differ would take different
// tensors (a name given twice), or no writer makes it (the others).
const refusals = [
  /occurs twice in the header/,
  /has a malformed entry/,
  /has an unknown dtype \(.*received \{/,
  /has a malformed shape \(.*\d{16}/,
];
const stricter = new RegExp(
  `^x\\.safetensors: (tensor ".*": )?(${refusals.map(({ source }) => source).join("|")})`,
  "s",
);

const cases = readFileSync(join(fixtures, "safetensors/headers.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as [header: string, data: number, verdict: Verdict | null]);

it("2500 damaged headers get the verdict of Python's safetensors", async () => {
  const wrong: unknown[] = [];
  let accepted = 0;
  for (const [header, data, verdict] of cases) {
    const received = await read(fileOf(header, data));
    if (received instanceof WeightsError) {
      if (verdict !== null && !stricter.test(received.message))
        wrong.push([header, received.message]);
    } else {
      accepted++;
      if (JSON.stringify(sorted(received)) !== JSON.stringify(verdict && sorted(verdict)))
        wrong.push([header, received, verdict]);
    }
  }
  expect(wrong).toEqual([]);
  expect([cases.length, accepted > 300]).toEqual([2500, true]);
});

const sorted = (verdict: Verdict): unknown => Object.entries(verdict).sort();

const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]';
it.each([
  ["nested 5,000 deep", `{"a":${entry},"x":${"[".repeat(5000)}${"]".repeat(5000)}}}`, /nested/],
  [
    "nested 5,000 deep as a shape",
    `{"a":{"dtype":"F32","shape":${"[".repeat(5000)}${"]".repeat(5000)}}}`,
    /nested/,
  ],
  ["nested without end", "[".repeat(20_000_000), /nested/],
  ["of a string of 16 MB", `{"${"a".repeat(16 << 20)}":{}}`, /unknown dtype/],
  ["of a string of 16 MB of escapes", `{"a":"${'\\"'.repeat(8 << 20)}"}`, /malformed entry/],
  ["of a number of 16 MB", `{"a":${entry},"x":${"1".repeat(16 << 20)}}}`, /number/],
  [
    "of a shape of 2 million",
    `{"a":{"dtype":"F32","shape":[${"1.5,".repeat(2 << 20)}1]}}`,
    /integer/,
  ],
])("a header %s is refused in a short message", async (_, header, message) => {
  // Processor time: other programs may have the machine.
  const started = process.cpuUsage();
  const error = await read(fileOf(header, 4));
  const { user, system } = process.cpuUsage(started);
  expect(user + system).toBeLessThan(2e6);
  expect(error).toBeInstanceOf(WeightsError);
  expect((error as WeightsError).message).toMatch(message);
  expect((error as WeightsError).message.length).toBeLessThan(1000);
});

it("a tensor and a metadata key may be called __proto__", async () => {
  const tensors = new Map([
    ["__proto__", { dtype: "F32" as const, shape: [1], data: Float32Array.of(7) }],
  ]);
  const metadata = JSON.parse('{"__proto__":"x","a":"y"}') as Record<string, string>;
  const source = await openSafetensors(bufferSource(writeSafetensors(tensors, metadata)));
  expect([...source.tensors.keys()]).toEqual(["__proto__"]);
  expect([...(await source.readFloat32("__proto__"))]).toEqual([7]);
  expect(Object.entries(source.metadata)).toEqual(Object.entries(metadata));
});
