/** What bench:gpu is told. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PyTorch, variants } from "./pytorch.mjs";

const root = join(import.meta.dirname, "..", "..");

/**
 * `models`, `out`: folders. `iterations`: of each timing, instead of as many as its batch asks for.
 * `programmatic`: launches overlap.
 */
export function readOptions(args = process.argv.slice(2)) {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "540" },
      only: { type: "string", multiple: true },
      driver: { type: "string" },
      path: { type: "string", default: "auto" },
      emulated: { type: "boolean", default: false },
      python: { type: "string" },
      "no-torch": { type: "boolean", default: false },
      variants: { type: "string" },
      iterations: { type: "string" },
      tiles: { type: "boolean", default: false },
      programmatic: { type: "boolean", default: false },
      models: { type: "string" },
      out: { type: "string" },
    },
  });
  const number = (name, text) => {
    const value = Number(text);
    if (!(value > 0)) throw new Error(`--${name}: expected a number above 0, received ${text}`);
    return value;
  };
  const chosen = values.variants?.split(",") ?? variants;
  const [strange] = chosen.filter((name) => !variants.includes(name));
  if (strange !== undefined)
    throw new Error(`--variants: there is no ${strange}; there are ${variants.join(", ")}`);
  return {
    seconds: number("seconds", values.seconds),
    only: values.only,
    driver: values.driver,
    path: values.path,
    emulated: values.emulated,
    openTorch: () => (values["no-torch"] ? PyTorch.none() : new PyTorch(values.python)),
    variants: chosen,
    iterations:
      values.iterations === undefined
        ? undefined
        : Math.ceil(number("iterations", values.iterations)),
    tiles: values.tiles,
    programmatic: values.programmatic,
    models:
      values.models ??
      process.env.SIGIL_GPU_MODELS ??
      join(root, "build", "gpu", values.emulated ? "rehearsal" : "models"),
    out: values.out ?? join(root, "bench", "results"),
  };
}
