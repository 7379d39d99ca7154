/** Pictures as commands take them, labels as they stand, and how soon the command is there. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve, type Served } from "../browser/serve.ts";
import { fixtures } from "../support/golden-cases.ts";
import { printed, runSigil } from "../support/sigil.ts";

const bin = join(import.meta.dirname, "../../cli/bin/sigil.js");
const model = join(fixtures, "checkpoints/siglip-shapes");
const folder = mkdtempSync(join(tmpdir(), "sigil-pictures-"));
let served: Served;
beforeAll(async () => {
  mkdirSync(join(folder, "photos/more"), { recursive: true });
  cpSync(join(model, "samples/red-circle.png"), join(folder, "photos/b.png"));
  cpSync(join(model, "samples/blue-square.png"), join(folder, "photos/more/a.PNG"));
  cpSync(join(model, "samples/pink-heart.png"), join(folder, "[1].png"));
  writeFileSync(join(folder, "photos/notes.txt"), "not a picture");
  served = await serve(folder, {}, { isolated: false });
});
afterAll(() => {
  served.close();
  rmSync(folder, { recursive: true });
});

/** The pictures that `classify` names, and its probabilities of a red circle. */
async function classified(
  given: readonly string[],
  input: Uint8Array | "" = "",
): Promise<[string, number][]> {
  const stdout = await printed(
    ["classify", ...given, "--label", "a red circle", "--model", model, "--json"],
    { cwd: folder, input },
  );
  return (JSON.parse(stdout) as { image: string; labels: { score: number }[] }[]).map(
    ({ image, labels }) => [image, labels[0]!.score],
  );
}

describe("pictures come from", { timeout: 60_000 }, () => {
  it("folders, patterns, files named like patterns, addresses and standard input", async () => {
    const address = `${served.origin}/photos/b.png`;
    const found = await classified(
      ["photos", "ph*/*.png", "[1].png", address, "-"],
      readFileSync(join(model, "samples/red-circle.png")),
    );
    expect(found.map(([image]) => image)).toEqual([
      join("photos", "b.png"),
      join("photos", "more/a.PNG"),
      "photos/b.png",
      "[1].png",
      address,
      "-",
    ]);
    const [red, blue, pink] = [found[0]![1], found[1]![1], found[3]![1]];
    expect(found.map(([, score]) => score)).toEqual([red, blue, red, pink, red, red]);
    expect(new Set([red, blue, pink]).size).toBe(3);
  });

  it.each([
    ["a folder without any", ["photos/empty"], /photos.empty: expected a folder with pictures/],
    [
      "a pattern without any",
      ["*.webp"],
      /\*\.webp: expected a pattern that matches files, found none/,
    ],
    ["an address that has none", ["http://127.0.0.1:1/a.png"], /127\.0\.0\.1:1.*cannot be fetched/],
    ["standard input that is none", ["-"], /-: 0 bytes: expected a picture in PNG, JPEG, .*empty/],
  ])("and not from %s", async (_, given, message) => {
    mkdirSync(join(folder, "photos/empty"), { recursive: true });
    const { stderr, status } = await runSigil(
      ["classify", ...given, "--label", "a", "--model", model],
      { cwd: folder, input: "" },
    );
    expect([stderr, status]).toEqual([expect.stringMatching(message), 1]);
  });
});

it("a label may have commas", async () => {
  const stdout = await printed(
    [
      ...["classify", "photos/b.png", "--model", model, "--json"],
      ...["--labels", "one,two", "--label", "a blue square, big and bold", "--label", "three"],
    ],
    { cwd: folder },
  );
  const [{ labels }] = JSON.parse(stdout) as [{ labels: { label: string }[] }];
  expect(labels.map(({ label }) => label).sort()).toEqual(
    ["one", "two", "a blue square, big and bold", "three"].sort(),
  );
});

it.skipIf(process.platform === "win32")("says its version in 0.3 seconds of a processor", () => {
  const { stderr } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT='%U %S'; time "${process.execPath}" "${bin}" --version`],
    { encoding: "utf8" },
  );
  const [user, system] = stderr.trim().split(" ").map(Number);
  expect(user! + system!).toBeLessThan(0.3);
});

it.skipIf(process.platform === "win32")("completes commands, options and choices in bash", () => {
  const words = (line: string): string[] => {
    const at = line.split(" ");
    const { stdout } = spawnSync(
      "bash",
      [
        "-c",
        `source <("${process.execPath}" "${bin}" completion bash); COMP_WORDS=(${line} ""); ` +
          `COMP_CWORD=${at.length - 1}; _sigil; echo "\${COMPREPLY[@]}"`,
      ],
      { encoding: "utf8" },
    );
    return stdout.trim().split(" ");
  };
  expect(words("sigil comp")).toEqual(expect.arrayContaining(["compile", "compare"]));
  expect(words("sigil classify --lab")).toEqual(["--labels", "--label"]);
  expect(words("sigil compile --target w")).toEqual(["webgpu"]);
});
