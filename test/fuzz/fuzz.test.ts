/** What fuzzing has found stays mended, and a short run of each target finds nothing new. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fuzz, judge, targets } from "@sigil/fuzz";
import { describe, expect, it } from "vitest";
import { requires } from "../support/require.ts";

const findings = join(import.meta.dirname, "findings");

describe.each(targets)("$name", (target) => {
  const folder = join(findings, target.name);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  it.runIf(files.length > 0).each(files)("takes or refuses the finding %s", async (file) => {
    const opened = await target.open();
    const judgement = await judge(opened, readFileSync(join(folder, file)));
    await opened.close?.();
    expect(judgement.message).toBeUndefined();
  });

  // A number of inputs and not of seconds, so that every machine tries the same ones.
  const inputs = Math.min(2000, target.goal / 1000);
  it.skipIf(!requires("fuzz"))(
    `finds nothing new in ${inputs} inputs (REQUIRE=fuzz)`,
    async () => {
      const scratch = mkdtempSync(join(tmpdir(), "sigil-findings-"));
      const result = await fuzz({
        target: target.name,
        seconds: 600,
        inputs,
        seed: 1,
        jobs: 1,
        folder: scratch,
      });
      expect(result.findings).toEqual([]);
      expect(result.tried).toBe(inputs);
      rmSync(scratch, { recursive: true });
    },
    630_000,
  );
});
