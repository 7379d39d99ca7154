/** siglip-shapes, open as a server takes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { SiglipTokenizer, type TokenizerConfig } from "@sigil/runtime";
import { openCpuSession } from "@sigil/runtime-cpu";
import type { ServedModel } from "@sigil/serve";
import { loadSpec, specPath } from "@sigil/spec";
import { fixtures } from "../support/golden-cases.ts";
import { shapesProcessor, shapesWeights } from "../support/shapes-checkpoint.ts";

const folder = join(fixtures, "checkpoints/siglip-shapes");
const spiece = readFileSync(join(folder, "spiece.model"));
const config = JSON.parse(
  readFileSync(join(folder, "tokenizer_config.json"), "utf8"),
) as TokenizerConfig;

/** `dispose` its session when the server has closed. */
export async function servedShapes(name = "shapes"): Promise<ServedModel> {
  const { plan, cpu } = await compile(loadSpec(specPath("siglip-shapes")));
  const tokenizer = SiglipTokenizer.fromSpiece(spiece, config);
  return {
    name,
    session: await openCpuSession({ plan, wasm: cpu }, await shapesWeights(), { threads: 2 }),
    processor: () => shapesProcessor,
    tokenizer: () => tokenizer,
    textLength: 16,
  };
}
