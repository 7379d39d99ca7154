/** Checkpoints of open_clip and timm, and towers in larger models, beside what those gave. */
import { afterEach, describe, expect, it } from "vitest";
import { scaledError } from "../support/golden-cases.ts";
import { wildBackends } from "../support/wild-backends.ts";
import { openWild, runWild, wildCases } from "../support/wild-cases.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe.each(wildBackends)(
  "gives the outputs of the library that wrote the checkpoint, on $name",
  ({ here, tolerance, open: openSession }) => {
    it.skipIf(!here).each(wildCases)("$name", { timeout: 120_000 }, async (wild) => {
      const opened = await openWild(wild);
      open.push(opened.checkpoint);
      const session = await openSession(opened);
      const actual = await runWild(wild, opened, session);
      await session.dispose();
      for (const [name, stored] of Object.entries(wild.outputs))
        expect(
          scaledError(actual[name]!, await opened.outputs.readFloat32(stored)),
          name,
        ).toBeLessThan(tolerance);
    });
  },
);
