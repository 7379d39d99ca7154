/** Files and folders that are something else than they are taken for: named for what they are. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bufferSource, openSafetensors, WeightsError } from "@sigil/runtime";
import { openCheckpoint, openFileSource, saveSafetensors } from "@sigil/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { fixtures } from "../../support/golden-cases.ts";
import { hasOwnDisks, onDisk } from "../../support/small-disk.ts";

const temporary = mkdtempSync(join(tmpdir(), "sigil-wrong-"));
afterAll(() => rmSync(temporary, { recursive: true }));

async function message(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => expect.fail("expected an error"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WeightsError);
  return (error as WeightsError).message;
}

const pad = (start: string): Uint8Array =>
  Buffer.concat([Buffer.from(start, "latin1"), Buffer.alloc(600)]);

it.each([
  [
    "a Git LFS pointer",
    readFileSync(join(fixtures, "safetensors/lfs-pointer.safetensors")),
    /Git LFS pointer.*git lfs pull/,
  ],
  ["a web page", pad("<!DOCTYPE html>\n<html>"), /web page.*resolve/],
  [
    "a zip archive of PyTorch",
    pad("PK\x03\x04\0\0\x08\x08"),
    /zip archive.*\.bin.*save_pretrained/,
  ],
  ["a zip archive of NumPy", pad("PK\x03\x04-\0\0\0"), /\.npz/],
  ["a pickle", pad("\x80\x02\x8a\nl\xfc\x9cF"), /pickle/],
  ["a GGUF file", pad("GGUF\x03\0\0\0"), /GGUF.*llama\.cpp/],
  ["an HDF5 file", pad("\x89HDF\r\n\x1a\n"), /HDF5/],
  ["a NumPy array", pad("\x93NUMPY\x01\0"), /NumPy/],
  ["a gzip file", pad("\x1f\x8b\x08\0\0\0\0\0"), /compressed: unpack/],
  [
    "an index",
    Buffer.from('{"metadata":{},"weight_map":{"a":"b"}}'),
    /index of a checkpoint in shards/,
  ],
  ["a config", Buffer.from('{"architectures":["SiglipModel"]}'), /JSON file/],
])("%s is named", async (_, bytes, expected) => {
  expect(await message(openSafetensors(bufferSource(bytes, "x.safetensors")))).toMatch(expected);
});

describe("a folder", () => {
  it.each([
    [["adapter_model.safetensors", "adapter_config.json", "config.json"], /PEFT adapter.*merge/],
    [["config.json", "model.fp16.safetensors"], /model\.fp16\.safetensors.*rename/],
    [["config.json", "model-00001-of-00002.safetensors"], /00001-of-00002.*index\.json/],
    [["config.json", "consolidated.safetensors"], /consolidated\.safetensors.*transformers/],
    [["config.json", "consolidated.00.safetensors"], /consolidated\.00\.safetensors/],
    [["config.json", "pytorch_model.bin"], /pytorch_model\.bin.*save_pretrained/],
    [["config.json", "model.gguf"], /model\.gguf/],
    [["config.json", "weights.safetensors"], /weights\.safetensors.*rename/],
    [["open_clip_model.safetensors"], /open_clip_config\.json beside it/],
    [["config.json", "open_clip_pytorch_model.bin"], /save_file as open_clip_model\.safetensors/],
  ])("of %j says where its weights may be", async (names, expected) => {
    const folder = mkdtempSync(join(temporary, "folder-"));
    for (const name of names) writeFileSync(join(folder, name), "{}");
    const text = await message(openCheckpoint(folder));
    expect(text).toMatch(expected);
    expect(text.includes("config.json is missing")).toBe(!names.includes("config.json"));
  });

  it("that is missing is said to be missing", async () => {
    expect(await message(openCheckpoint(join(temporary, "none")))).toMatch(
      /none: cannot be read as a checkpoint folder: no such file or folder$/,
    );
  });

  it("with a config.json that is cut off says so", async () => {
    const folder = mkdtempSync(join(temporary, "cut-"));
    writeFileSync(join(folder, "config.json"), '{"a": {');
    writeFileSync(join(folder, "model.safetensors"), "");
    expect(await message(openCheckpoint(folder))).toMatch(/config\.json: is not readable JSON/);
  });

  it.each(["config.json", "tokenizer.json"])("with a pointer as %s names it", async (file) => {
    const folder = mkdtempSync(join(temporary, "pointer-"));
    writeFileSync(join(folder, "config.json"), "{}");
    writeFileSync(join(folder, "model.safetensors"), "");
    writeFileSync(
      join(folder, file),
      readFileSync(join(fixtures, "safetensors/lfs-pointer.safetensors")),
    );
    expect(await message(openCheckpoint(folder))).toMatch(
      new RegExp(`${file}: is a Git LFS pointer`),
    );
  });

  it.each(
    [
      "",
      "\0",
      "a\nb",
      "..",
      "../x",
      "/etc/passwd",
      "a/../../b",
      "C:\\x",
      "a\\b",
      ".",
      "a//b",
      "x".repeat(5000),
    ].map((shard) => [JSON.stringify(shard).slice(0, 40), shard] as const),
  )("whose index names the shard %s is refused", async (_, shard) => {
    const folder = mkdtempSync(join(temporary, "shards-"));
    writeFileSync(join(folder, "config.json"), "{}");
    writeFileSync(
      join(folder, "model.safetensors.index.json"),
      JSON.stringify({ weight_map: { a: shard } }),
    );
    expect(await message(openCheckpoint(folder))).toMatch(/names a bad shard/);
  });
});

describe.skipIf(process.platform === "win32")("what the operating system refuses", () => {
  it("a pipe is no file, and nobody waits for it", async () => {
    const pipe = join(temporary, "pipe.safetensors");
    execFileSync("mkfifo", [pipe]);
    expect(await message(openFileSource(pipe))).toMatch(/pipe\.safetensors: is not a file$/);
  });

  it("a folder that is missing is named with the file", async () => {
    const tensors = { a: { dtype: "F32" as const, shape: [1], data: Float32Array.of(1) } };
    expect(await message(saveSafetensors(join(temporary, "none/x.safetensors"), tensors))).toMatch(
      /none\/x\.safetensors: cannot be written: no such file or folder$/,
    );
  });

  it.skipIf(!hasOwnDisks)("a full disk is named with the file, and nothing stays", async () => {
    const script = `
      import { readdirSync } from "node:fs";
      import { saveSafetensors } from "@sigil/runtime/node";
      const tensors = { a: { dtype: "F32", shape: [50000], data: new Float32Array(50000) } };
      const path = process.argv[1] + "/x.safetensors";
      const { name, message } = await saveSafetensors(path, tensors).catch((error) => error);
      console.log(JSON.stringify([name, message, readdirSync(process.argv[1])]));`;
    const disk = mkdtempSync(join(temporary, "disk-"));
    const node = ["node", "--input-type=module", "-e", script, disk];
    const { stdout, stderr } = await onDisk(disk, "64k", node);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([
      "WeightsError",
      `${join(disk, "x.safetensors")}: cannot be written: no space is left on its disk`,
      [],
    ]);
  });
});
