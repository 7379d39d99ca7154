/**
 * The other side of bench:gpu, on the processor: that every configuration runs, and computes the
 * same.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsTorch, python } from "../support/torch.ts";

const gpu = join(import.meta.dirname, "../../bench/gpu");
const folder = mkdtempSync(join(tmpdir(), "sigil-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));
const run = (command: string, args: readonly string[]) =>
  promisify(execFile)(command, args, { maxBuffer: 2 ** 24, cwd: gpu });

describe.skipIf(!python || !emulatedDriver)(
  `PyTorch beside Sigil ${needsTorch}`,
  { timeout: 600_000 },
  () => {
    it("is tuned without another result", async () => {
      const script = `
import torch
from pytorch_towers import Tower
torch.set_num_threads(1)
sizes = dict(hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=2)
vision = dict(image_size=32, patch_size=8, **sizes)
text = dict(vocab_size=99, max_position_embeddings=16, projection_size=128, **sizes)
for tower, config in (("vision", vision), ("text", text)):
    results = []
    for variant in ("eager", "cudnn", "tuned"):
        made = Tower(tower, config, 2, variant)
        with made.context():
            results.append(made.run(made.prepare(made.inputs[0])).float())
        assert len(made.time(2)) == 2 and len(made.host(2)) == 2 and len(made.kernels()) > 0
    first = results[0]
    print(tower, *[((x - first).abs().max() / first.abs().max()).item() for x in results[1:]])
`;
      const { stdout } = await run(python!, ["-c", script]);
      const rows = stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" "));
      expect(rows.map(([tower]) => tower)).toEqual(["vision", "text"]);
      // bfloat16 has eight bits; two layers that round in other places differ by a few of the last.
      for (const [, ...differences] of rows)
        for (const difference of differences) expect(Number(difference)).toBeLessThan(0.03);
    });

    it("is timed in the same run, every configuration that is asked for", async () => {
      const args = [
        "--emulated",
        "--iterations",
        "1",
        "--seconds",
        "900",
        "--python",
        python!,
        "--variants",
        "eager,compile,tuned",
        "--only",
        "siglip-shapes.text",
        "--models",
        join(folder, "models"),
        "--out",
        folder,
      ];
      const { stdout } = await run(process.execPath, [join(gpu, "bench.mjs"), ...args]);
      for (const variant of ["eager", "compile", "tuned"])
        expect(stdout).toMatch(
          new RegExp(
            `batch 4: .*${variant} (\\(\\w+ attention\\) )?\\d+\\.\\d+ ms, ours beside it`,
          ),
        );
      const text = readFileSync(join(folder, "towers.Sigil-emulated-device.md"), "utf8");
      expect(text).toMatch(/PyTorch \d+\.\d+\.\d+\S* on cpu\./);
      const fastest = /\d+\.\d+ \((eager|compile|tuned)/;
      const figures = [/\S+ \(\S+ to \S+\)/, /\S+/, /\S+/, /\d+ %/, fastest];
      const row = ["siglip-shapes\\.text", "4", ...figures.map(({ source }) => source)];
      expect(text).toMatch(new RegExp(`\\| ${row.join(" \\| ")}`));
      for (const variant of ["eager", "compile", "tuned"])
        expect(text).toMatch(
          new RegExp(
            `\\| siglip-shapes\\.text \\| 4 \\| ${variant} \\| [^|]+ \\| \\d+\\.\\d+ \\| ` +
              `\\d+\\.\\d+ \\|`,
          ),
        );
      // Which attention PyTorch chose is in its kernels' names.
      expect(text).toMatch(
        /siglip-shapes\.text at 4, eager: .*aten::\w+_product_flash_attention_for_cpu \(1, /,
      );
      // 64 x 128 elements of A, 256 x 128 of B, 64 x 256 of C: bound by their bytes here, at the
      // copy's speed.
      const [, teraflops, terabytes] =
        / (\S+) TFLOP\/s in a product of 512\^3, (\S+) TB\/s in a copy/.exec(text)!.map(Number) as [
          number,
          number,
          number,
        ];
      const cells = /\n(\| siglip-shapes\.text \| \w+ \| 64x256x128 \| .*) \|\n/
        .exec(text)![1]!
        .split(" | ");
      const floor =
        Math.max(
          (2 * 64 * 256 * 128) / teraflops,
          (2 * (64 * 128 + 256 * 128 + 64 * 256)) / terabytes,
        ) / 1e6;
      expect(
        Math.abs(Number.parseInt(cells[9]!, 10) - (100 * floor) / Number(cells[4])),
      ).toBeLessThan(1 + floor / Number(cells[4]));
      expect(text).toMatch(
        /\| 64x256x128 \| .* \| (?=.*\bmm \d)(?=.*\baddmm \d)(?=.*\bgelu \d).* \|/,
      );
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    });
  },
);
