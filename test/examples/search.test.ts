/**
 * examples/search on a folder of its own: an index that is kept, and answers to both kinds of
 * question.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { requires } from "../support/require.ts";
import { stopProgram } from "../support/stop-program.ts";

const example = join(import.meta.dirname, "../../examples/search");
const checkpoint = join(fixtures, "checkpoints/siglip-shapes");
const samples = join(checkpoint, "samples");
const folder = mkdtempSync(join(tmpdir(), "sigil-search-"));

interface Found {
  readonly id: string;
  readonly path: string;
  readonly similarity: number;
}

async function start() {
  const child = spawn("node", ["main.mjs", folder, "--model", checkpoint, "--port", "0"], {
    cwd: example,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (said += data.toString()));
  await expect.poll(() => said, { timeout: 50_000 }).toMatch(/ at http/);
  const [, address] = / at (\S+)/.exec(said)!;
  return {
    said,
    get: async (path: string) => (await fetch(address + path)).json() as Promise<Found[]>,
    fetch: (path: string, options?: RequestInit) => fetch(address + path, options),
    stop: () => stopProgram(child, "SIGTERM"),
  };
}

describe.skipIf(!requires("apps"))("searching pictures (REQUIRE=apps, installs packages)", () => {
  beforeAll(() => {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: example, stdio: "pipe" });
    for (const name of readdirSync(samples).slice(0, -1))
      copyFileSync(join(samples, name), join(folder, name));
    writeFileSync(join(folder, "broken.png"), "no picture");
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds them by words and by a picture, and keeps what it has computed", {
    timeout: 200_000,
  }, async () => {
    const first = await start();
    expect(first.said).toMatch(/left out: .*broken\.png.*\n7 pictures of /);
    const byWords = await first.get("/api/search?text=red%20circle");
    expect(byWords[0]!.path).toBe("red-circle.png");
    const form = new FormData();
    form.append("picture", new Blob([readFileSync(join(samples, "blue-square.png"))]), "a.png");
    const response = await first.fetch("/api/search", { method: "POST", body: form });
    const byPicture = (await response.json()) as Found[];
    expect(byPicture[0]).toMatchObject({
      path: "blue-square.png",
      // Of float32 vectors of length one.
      similarity: expect.closeTo(1, 5),
    });
    const { id } = byPicture[0]!;
    const thumbnail = await first.fetch(`/api/thumbnail/${id}`);
    expect(thumbnail.headers.get("content-type")).toBe("image/webp");
    for (const path of ["/api/thumbnail/..%2f..%2fetc", "/api/picture/x", "/main.mjs"])
      expect((await first.fetch(path)).status, path).toBe(404);
    await first.stop();

    rmSync(join(folder, "blue-square.png"));
    const last = readdirSync(samples).at(-1)!;
    copyFileSync(join(samples, last), join(folder, last));
    const second = await start();
    expect(second.said).toMatch(/7 pictures of /);
    const paths = (await second.get("/api/search?text=red%20circle")).map(({ path }) => path);
    expect(paths).toContain(last);
    expect(paths).not.toContain("blue-square.png");
    await second.stop();
  });
});
