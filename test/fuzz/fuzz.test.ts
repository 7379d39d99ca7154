/** What fuzzing has found stays mended, and a short run of each target finds nothing new. */
import { existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fuzz, judge, targets } from "@sigil/fuzz";
import { describe, expect, it } from "vitest";
import { requires } from "../support/require.ts";

const findings = join(import.meta.dirname, "findings");
const seconds = Number(process.env.SIGIL_FUZZ_SECONDS ?? 4);

describe.each(targets)("$name", (target) => {
  const folder = join(findings, target.name);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  it.runIf(files.length > 0).each(files)("takes or refuses the finding %s", async (file) => {
    const opened = await target.open();
    const judgement = await judge(opened, readFileSync(join(folder, file)));
    await opened.close?.();
    expect(judgement.message).toBeUndefined();
  });

  it.skipIf(!requires("fuzz"))(
    "finds nothing new in some seconds (REQUIRE=fuzz)",
    async () => {
      const scratch = mkdtempSync(join(tmpdir(), "sigil-findings-"));
      const result = await fuzz({
        target: target.name,
        seconds,
        seed: 1,
        jobs: 1,
        folder: scratch,
      });
      expect(result.findings).toEqual([]);
      expect(result.tried).toBeGreaterThan(0);
    },
    1000 * (seconds + 120),
  );
});
