/** What of the published models is left to portable kernels on the Hopper path. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { emitCuda, lowerSpec, narrow } from "@sigil/compiler/internal";
import { loadSpec, specPath } from "@sigil/spec";
import { describe, expect, it } from "vitest";
import { normalisedBytes } from "../../../runtime-cuda/distinct-kernels.ts";

const names = readdirSync(join(import.meta.dirname, "../../../../spec/models")).map((file) =>
  file.replace(/\.json$/, ""),
);

describe.each(["bfloat16", "float16"] as const)(
  "Gemms of the published models in %s",
  (storage) => {
    it.each(names)(
      "%s: all by wgmma, with pictures of floats and of bytes, but for the query that " +
        "loading computes and the logits",
      (name) => {
        const spec = loadSpec(specPath(name));
        const naflex = name.endsWith("-naflex");
        for (const pixels of naflex ? [spec.pixels] : [spec.pixels, normalisedBytes]) {
          const gemms = lowerSpec({ ...spec, storage, pixels }).flatMap(({ lowered }) => {
            const program = narrow(lowered, storage);
            return [...program.init, ...program.launches].flatMap(
              ({ problem, operands, origins }, i) =>
                problem.family === "gemm"
                  ? [
                      {
                        problem,
                        operands,
                        origins,
                        symbols: program.symbols,
                        once: i < program.init.length,
                      },
                    ]
                  : [],
            );
          });
          const { sources, launches } = emitCuda(gemms);
          const portable = gemms.filter(
            (_, i) => !sources.hopper[launches[i]!.name]!.includes("multiply_warpgroup"),
          );
          expect(gemms.length - portable.length).toBeGreaterThan(10);
          for (const { problem, once, origins } of portable) {
            const logits =
              problem.b.kind === "activation" &&
              origins.every((origin) => origin.includes("logits_per_"));
            const query =
              once &&
              problem.rows === 1 &&
              origins.every((origin) => origin.endsWith("head.attention"));
            // Patches that a caller cut are float32, which TMA does not narrow.
            const patches =
              naflex && origins.some((origin) => origin.endsWith("embeddings.patch_embedding"));
            expect(logits || query || patches, origins.join(", ")).toBe(true);
          }
          // The patch embedding reads pictures as they come.
          expect(gemms.filter(({ problem }) => problem.a.kind !== "rows")).toHaveLength(
            naflex ? 0 : 1,
          );
        }
      },
    );
  },
);
