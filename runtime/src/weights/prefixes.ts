import { WeightsError } from "./error.ts";
import { requireTensor, type TensorInfo, type WeightSource } from "./weight-source.ts";

const towers = ["text_model.", "vision_model."];

/** How a file spells the expected names: without `drop` at their beginning, and after `lead`. */
interface Spelling {
  readonly drop: string;
  readonly lead: string;
}

const spelled = (name: string, { drop, lead }: Spelling): string =>
  lead + (name.startsWith(drop) ? name.slice(drop.length) : name);

/**
 * A view of a source under the expected names, whatever precedes them in the file: nothing, the
 * prefix of a tower, what training wrapped around the model (`model.`, `module.`, `_orig_mod.`), or
 * the place of a tower in a larger model (`vision_tower.vision_model.`). That prefix is taken off
 * all names that begin with it, and other names are kept. `lead` gives the prefix. Without it, a
 * file with two candidates is a WeightsError.
 */
export function withPrefixes(
  source: WeightSource,
  expectedNames: Iterable<string>,
  lead?: string,
): WeightSource {
  const expected = [...expectedNames];
  const { name: file, tensors: stored } = source;
  const own = towers.filter((tower) => expected.some((name) => name.startsWith(tower)));
  // Expected with its prefix, stored without: possible for one tower only, or both would claim the
  // same tensors.
  const drops = own.length === 1 ? ["", own[0]!] : [""];
  const candidates = (anchor: string): Spelling[] =>
    drops.flatMap((drop) => {
      const end = spelled(anchor, { drop, lead: "" });
      return (lead !== undefined ? [lead + end] : ["", ...stored.keys()])
        .filter((name) => name.endsWith(`.${end}`) || name === end)
        .map((name) => ({ drop, lead: name.slice(0, name.length - end.length) }));
    });
  const anchor = expected.find((name) => candidates(name).length > 0);
  if (anchor === undefined) return source;
  let best: Spelling = { drop: "", lead: "" };
  let most = expected.filter((name) => stored.has(name)).length;
  let rival: string | undefined;
  for (const spelling of candidates(anchor)) {
    const hits = expected.filter((name) => stored.has(spelled(name, spelling))).length;
    if (hits > most) [best, most, rival] = [spelling, hits, undefined];
    else if (hits === most && spelled(anchor, spelling) !== spelled(anchor, best))
      rival ??= spelling.lead;
  }
  const { drop, lead: found } = best;
  if (drop === "" && found === "") return source;
  if (rival !== undefined && most === expected.length)
    throw new WeightsError(
      `holds the model's tensors twice, prefixed "${found}" and "${rival}"; compile a spec ` +
        "with weight_prefix",
      { file },
    );
  const named = new Map(expected.map((name) => [spelled(name, best), name]));
  // In the order of the file, which reads follow.
  const places = new Map<string, string>();
  const tensors = new Map<string, TensorInfo>();
  for (const [name, info] of stored) {
    const short = drop === "" && name.startsWith(found) ? name.slice(found.length) : name;
    const own = named.get(name) ?? (stored.has(short) ? name : short);
    places.set(own, name);
    tensors.set(own, info);
  }
  const resolve = (name: string): string => requireTensor({ name: file, tensors: places }, name);
  const readRows = source.readRows?.bind(source);
  return {
    name: file,
    tensors,
    metadata: source.metadata,
    read: async (name, options) => source.read(resolve(name), options),
    locate: (name) => source.locate?.(resolve(name)),
    readFloat32: async (name, options) => source.readFloat32(resolve(name), options),
    readRowsFloat32: async (name, rows, options) =>
      source.readRowsFloat32(resolve(name), rows, options),
    ...(readRows && {
      readRows: async (name, rows, options) => readRows(resolve(name), rows, options),
    }),
    ...(source.verify && { verify: source.verify.bind(source) }),
    close: () => source.close(),
  };
}
