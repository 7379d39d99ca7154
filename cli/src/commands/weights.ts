import { buildGraphs } from "@sigil/compiler/internal";
import { syntheticTensor } from "@sigil/runtime/internal";
import { SafetensorsWriter } from "@sigil/runtime/node";
import { specOf } from "../open-model.ts";
import { withProgress } from "../progress.ts";

/**
 * Writes a checkpoint of synthetic tensors with the names and shapes of the model. The values
 * depend only on the name of the tensor and the seed.
 */
export async function weights(
  path: string,
  options: { synthetic: number; out: string },
): Promise<void> {
  const references = buildGraphs(await specOf(path)).flatMap(({ nodes, inputs }) => [
    ...nodes.flatMap((node) => Object.values(node.weights)),
    ...inputs.flatMap(({ table }) => table ?? []),
  ]);
  const tensors = new Map(
    references.map(({ tensor, shape }) => [tensor, { dtype: "F32" as const, shape }]),
  );
  const writer = await SafetensorsWriter.create(options.out, tensors, { format: "pt" });
  try {
    await withProgress("writing", async (report) => {
      let done = 0;
      for (const [name, { shape }] of tensors) {
        await writer.write(name, syntheticTensor(name, shape, options.synthetic));
        report(++done, tensors.size);
      }
    });
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writer.finish();
  process.stderr.write(`${options.out}: ${tensors.size} tensors\n`);
}
