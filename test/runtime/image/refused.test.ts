/**
 * What is no picture, or no whole one, is an ImageError that says so: soon, and in little memory.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImageError } from "@sigil/runtime";
import { decodeImage } from "@sigil/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bombs } from "../../support/picture-bombs.ts";
import { pictureCases, pictureFile } from "../../support/pictures.ts";

const formats = "expected a picture in PNG, JPEG, GIF, WebP, AVIF or TIFF, received";
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const error = async (input: string | Uint8Array): Promise<ImageError> => {
  const thrown: unknown = await decodeImage(input).catch((cause: unknown) => cause);
  expect(thrown).toBeInstanceOf(ImageError);
  return thrown as ImageError;
};

describe("files by their first bytes", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sigil-pictures-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("do not make an SVG a picture, which may read files beside it", async () => {
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `width="8" height="8"><image width="8" height="8" ` +
      `xlink:href="${pictureFile("png-rgb-8.png")}"/></svg>`;
    for (const content of [svg, `<?xml version="1.0"?>${svg}`, `\n\n${svg}`, `\uFEFF${svg}`]) {
      const path = join(folder, "drawing.png");
      writeFileSync(path, content);
      expect((await error(path)).message).toBe(`${path}: ${formats} SVG, XML or HTML`);
      expect((await error(text(content))).message).toContain(`${formats} SVG, XML or HTML`);
    }
    // Behind the signature of another format.
    for (const head of ["\xff\xd8\xff", "II*\0", "RIFF\0\0\0\0WEBPVP8 ", "\0\0\0 ftypavif"])
      await error(Buffer.concat([Buffer.from(head, "latin1"), text(svg)]));
  });

  it.each([
    ["", "an empty file"],
    ["BM\0\0\0\0\0\0", "BMP"],
    ["%PDF-1.7", "PDF"],
    ["\0\0\0 ftypheic\0\0\0\0mif1heic", "HEIF or a video"],
    ["\0\0\0 ftypmif1\0\0\0\0heicmif1", "HEIF or a video"],
    ["version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer: fetch the file"],
    ["<!doctype html><title>Not found</title>", "SVG, XML or HTML"],
    ["once upon a time", "another kind of file"],
  ])("%j is %s", async (content, received) => {
    expect((await error(Buffer.from(content, "latin1"))).message).toContain(
      `${formats} ${received}`,
    );
  });

  it("are not waited for where a path is no regular file", { timeout: 2000 }, async () => {
    const [pipe, inside] = [join(folder, "pipe"), join(folder, "folder.png")];
    execFileSync("mkfifo", [pipe]);
    mkdirSync(inside);
    for (const path of [pipe, inside, "/dev/zero"])
      expect((await error(path)).message).toBe(
        `${path}: expected a picture, received a path that is not a file`,
      );
  });

  it("say what is wrong with a path", async () => {
    const missing = join(folder, "none.png");
    expect((await error(missing)).message).toBe(
      `${missing}: expected a picture that can be read: no such file or folder`,
    );
    const { message } = await error(`data:image/png;base64,${"A".repeat(5000)}`);
    expect(message).toContain("received a data: URL");
    expect(message.length).toBeLessThan(200);
    expect((await error(`${"x/".repeat(4000)}cat.png`)).message.length).toBeLessThan(400);
    expect((await error("cat\0.png")).message).toContain("expected a picture that can be read");
  });
});

describe("headers that claim another size", () => {
  for (const { name, data } of bombs)
    it(name, { timeout: 2000 }, async () => {
      await error(data);
    });

  it("take less than 1 GiB", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "sigil-bombs-"));
    try {
      for (const { name, data } of bombs) writeFileSync(join(folder, name), data);
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [
          "--input-type=module",
          "-e",
          `import { readdirSync } from "node:fs";
           import { decodeImage } from "@sigil/runtime/node";
           let refused = 0;
           await Promise.all(readdirSync(${JSON.stringify(folder)}).map((name) =>
             decodeImage(${JSON.stringify(`${folder}/`)} + name).catch(() => refused++)));
           console.log(JSON.stringify({ refused, kilobytes: process.resourceUsage().maxRSS }));`,
        ],
        { cwd: import.meta.dirname, encoding: "utf8" },
      );
      expect(stderr).toBe("");
      const { refused, kilobytes } = JSON.parse(stdout) as { refused: number; kilobytes: number };
      expect(refused).toBe(bombs.length);
      expect(kilobytes).toBeLessThan(1 << 20);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it("pictures that are cut off anywhere give an ImageError or all of their pixels", {
  timeout: 120_000,
}, async () => {
  for (const answer of pictureCases) {
    if (answer.refused !== undefined) continue;
    const whole = readFileSync(pictureFile(answer.file));
    for (const part of [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      const image = await decodeImage(cut).catch((cause: unknown) => {
        expect(cause, answer.file).toBeInstanceOf(ImageError);
      });
      if (image) expect(image.data.length).toBe(image.width * image.height * 3);
    }
  }
});
