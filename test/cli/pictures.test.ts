/** Commands on many large pictures: read one after another, each dropped once it is resized. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";

const model = join(fixtures, "checkpoints/siglip-shapes");
const count = 12;
const [width, height] = [5000, 4000];

/** A black RGB picture. */
function png(): Buffer {
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(height * (1 + 3 * width)), { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("pictures of 20 megapixels, twelve at a time", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sigil-large-"));
    writeFileSync(join(folder, "large.png"), png());
    writeFileSync(
      join(folder, "peak.mjs"),
      "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS));",
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["classify", ["--labels", "a cat,a dog", "--model", model]],
    ["embed", ["--model", model]],
    ["preprocess", ["--out", "pixels.safetensors"]],
  ])("%s takes less than 600 MB", { timeout: 120_000 }, (command, options) => {
    const { stderr, status } = spawnSync(
      process.execPath,
      [
        "--import",
        join(folder, "peak.mjs"),
        join(import.meta.dirname, "../../cli/bin/sigil.js"),
        command,
        ...Array.from({ length: count }, () => "large.png"),
        ...options,
      ],
      { cwd: folder, encoding: "utf8" },
    );
    expect(status, stderr).toBe(0);
    // All twelve would be 720 MB of pixels alone.
    const [, kilobytes] = /^peak (\d+)$/m.exec(stderr)!;
    expect(Number(kilobytes)).toBeLessThan(600_000);
    expect(Number(kilobytes)).toBeGreaterThan(60_000);
  });
});
