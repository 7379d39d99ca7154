/**
 * A spec to the file that open-model.mjs reads; what only a machine with Sigil's compiler can do.
 */
import { compile } from "@sigil/compiler";

export const modelFile = ({ plan, kernels, sources, ...more }) => ({
  "model.json": JSON.stringify({ plan, kernels, sources, ...more }),
});

export const compileModel = async (spec) => (await compile(spec)).cuda;
