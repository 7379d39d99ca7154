/** Rows of `sigil embed`, and the lines of `sigil tokenize`, each for one picture or line. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSafetensors } from "@sigil/runtime";
import { openFileSource } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { runSigil } from "../support/sigil.ts";

const shapes = join(fixtures, "checkpoints/siglip-shapes");
const sample = (name: string): string => join(shapes, "samples", `${name}.png`);
const lines = (name: string): string => readFileSync(join(fixtures, "lines", name), "utf8");
const folder = mkdtempSync(join(tmpdir(), "sigil-embed-"));
afterAll(() => rmSync(folder, { recursive: true }));
const sigil = (args: readonly string[], input: string | Uint8Array = "") =>
  runSigil(args, { input });
const embed = (args: readonly string[], input: string | Uint8Array = "") =>
  sigil(["embed", ...args, "--model", shapes], input);

interface Row {
  readonly image?: string;
  readonly text?: string;
  readonly embedding: readonly number[];
}
const rowsOf = (stdout: string): Row[] =>
  stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Row);

const damaged = join(folder, "damaged.png");
writeFileSync(damaged, readFileSync(sample("red-circle")).subarray(0, 200));
const missing = join(folder, "missing.png");

describe("pictures", () => {
  it("that cannot be read are listed at the end, and the others have their rows", async () => {
    const whole = await embed([sample("red-circle"), sample("pink-heart")]);
    const { status, stdout, stderr } = await embed([
      sample("red-circle"),
      damaged,
      missing,
      sample("pink-heart"),
    ]);
    expect([whole.status, status, stdout]).toEqual([0, 1, whole.stdout]);
    const [first, ...others] = stderr.trimEnd().split("\n");
    expect(first).toBe("error: 2 of 4 pictures were left out:");
    expect(others.map((line) => line.split(":")[0])).toEqual([`  ${damaged}`, `  ${missing}`]);
  });

  it("that cannot be read have rows of NaN in a file, so that no other row moves", async () => {
    const out = join(folder, "out.safetensors");
    const { status, stderr } = await embed([damaged, sample("red-circle"), "--out", out]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("1 of 2 pictures were left out")]);
    const source = await openSafetensors(await openFileSource(out));
    const data = await source.readFloat32("image_embeds");
    const [row] = rowsOf((await embed([sample("red-circle")])).stdout);
    expect(source.tensors.get("image_embeds")!.shape).toEqual([2, 128]);
    expect(data.subarray(0, 128).every(Number.isNaN)).toBe(true);
    expect(Array.from(data.subarray(128))).toEqual(row!.embedding);
    await source.close();
  });

  it("of which none can be read leave no file", async () => {
    const out = join(folder, "none.safetensors");
    const { status } = await embed([damaged, "--out", out]);
    expect([status, existsSync(out)]).toEqual([1, false]);
  });

  it("are classified likewise", async () => {
    const args = [
      "classify",
      damaged,
      sample("red-circle"),
      "--labels",
      "a red circle,a cat",
      "--model",
      shapes,
    ];
    const { status, stdout, stderr } = await sigil([...args, "--json"]);
    expect([status, (JSON.parse(stdout) as Row[]).map(({ image }) => image)]).toEqual([
      1,
      [sample("red-circle")],
    ]);
    expect(stderr).toContain(`  ${damaged}: `);
  });

  it("are as many as rows over several runs", async () => {
    const names = ["red-circle", "pink-heart", "blue-square"];
    const images = Array.from({ length: 19 }, (_, i) =>
      i === 7 ? damaged : sample(names[i % 3]!),
    );
    const rows = rowsOf((await embed(images)).stdout);
    expect(rows.map(({ image }) => image)).toEqual(images.filter((image) => image !== damaged));
    for (const row of rows) {
      const same = rows.find(({ image }) => image === row.image)!;
      expect(row.embedding).toEqual(same.embedding);
    }
  });
});

describe("lines of stdin", () => {
  it("have a row each, a blank one that of the empty text", async () => {
    const rows = rowsOf((await embed(["--texts"], lines("blank-line.txt"))).stdout);
    expect(rows.map(({ text }) => text)).toEqual(["a red circle", "", "a blue square"]);
    const alone = rowsOf((await embed(["--text", "", "a blue square"])).stdout);
    expect(rows.slice(1).map(({ embedding }) => embedding)).toEqual(
      alone.map(({ embedding }) => embedding),
    );
  });

  it("end at line feeds alone, whose carriage returns do not count", async () => {
    const { stdout } = await embed(["--texts"], lines("u2028.txt"));
    expect(rowsOf(stdout).map(({ text }) => text)).toEqual(["a red\u2028circle", "next"]);
    const others = await embed(["--texts"], "\ufeffa\r\nb\u2029c\u0085d\re\n\r\nlast");
    expect(rowsOf(others.stdout).map(({ text }) => text)).toEqual([
      "a",
      "b\u2029c\u0085d\re",
      "",
      "last",
    ]);
  });

  it("are tokenized likewise", async () => {
    const spiece = ["tokenize", "--model", join(shapes, "spiece.model")];
    const { status, stdout } = await sigil(spiece, lines("u2028.jsonl"));
    expect([status, stdout.trimEnd().split("\n").length]).toEqual([0, 1]);
    const plain = await sigil(spiece, '"a red circle"\n');
    // U+2028 is a space to the tokenizer.
    expect(stdout).toBe(plain.stdout);
  });

  it.each([
    [
      "bytes that are no UTF-8",
      Buffer.from("a\nb\xff\n", "latin1"),
      /^error: line 2: expected UTF-8, received invalid bytes/,
    ],
    [
      "UTF-16",
      Buffer.from("\ufeffa red circle\n", "utf16le"),
      /^error: line 1: expected UTF-8, received UTF-16; save/,
    ],
  ])("are refused for %s", async (_, input, message) => {
    const { status, stdout, stderr } = await embed(["--texts"], input);
    expect([status, stdout, stderr]).toEqual([1, "", expect.stringMatching(message)]);
  });
});
