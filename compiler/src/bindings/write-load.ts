/**
 * How a generated class opens a session: on the one backend that it was compiled for, or on a
 * choice of them.
 */
import type { ModelSpec } from "@sigil/spec";
import type { SourceFile } from "ts-morph";
import { backends } from "../backends/index.ts";

type Target = ModelSpec["targets"][number];

/**
 * Adds the imports of the module, each a namespace in lower case so that no class can meet it, and
 * returns the documentation of `load`, the type of its options and the expression that opens a
 * session.
 */
export function writeLoad(
  file: SourceFile,
  name: string,
  targets: readonly Target[],
  extension: string,
): { readonly doc: string; readonly options: string; readonly open: string } {
  file.addImportDeclaration({ moduleSpecifier: "@sigil/runtime", namespaceImport: "sigil" });
  for (const target of targets)
    file.addImportDeclaration({
      isTypeOnly: targets.length > 1,
      moduleSpecifier: backends[target].runtime.package,
      namespaceImport: target,
    });
  const optionsOf = (target: Target): string => `${target}.${backends[target].runtime.options}`;
  const [target, ...others] = targets as [Target, ...Target[]];
  if (others.length === 0) {
    file.addImportDeclaration({
      moduleSpecifier: `./${target}${extension}`,
      namedImports: ["artifact"],
    });
    return {
      doc:
        "Loads the weights and readies every kernel. Throws WeightsError with all that does " +
        "not fit the model.",
      options: optionsOf(target),
      open: `${target}.${backends[target].runtime.open}(artifact, weights, options)`,
    };
  }
  file.addTypeAlias({
    name: `${name}Options`,
    isExported: true,
    docs: ["Which backend to run on, and what each of them takes."],
    type: [
      "sigil.BackendOptions" +
        ([...targets].sort().join() === "cpu,webgpu"
          ? ""
          : `<${targets.map((t) => JSON.stringify(t)).join(" | ")}>`),
      ...targets.map((t) => {
        const { decided } = backends[t].runtime;
        const names = decided?.map((name) => JSON.stringify(name)).join(" | ");
        return names === undefined ? optionsOf(t) : `Omit<${optionsOf(t)}, ${names}>`;
      }),
    ].join(" & "),
  });
  // A backend that is not chosen is not downloaded: its runtime and kernels are imported when it is
  // opened.
  const imports = (t: Target): string => {
    const { opener } = backends[t].runtime;
    const { parameters, options } = opener?.(targets) ?? { parameters: "", options: "options" };
    const modules = `import("${backends[t].runtime.package}"), import("./${t}${extension}")`;
    return `async (${parameters}) => {
    const [runtime, { artifact }] = await Promise.all([${modules}]);
    return runtime.${backends[t].runtime.open}(artifact, weights, ${options});
  }`;
  };
  // In the order in which they are tried.
  const tried = Object.entries(backends)
    .reverse()
    .flatMap(([t, backend]) => (targets.some((target) => target === t) ? [backend] : []));
  const places = tried.map(({ title, where }) => `on ${title}${where ? ` ${where}` : ""}`);
  const errors = tried.flatMap(({ title, error }) =>
    error ? [`${error.name} for a ${title}`] : [],
  );
  return {
    doc:
      `Loads the weights and readies every kernel, ${places.slice(0, -1).join(", else ")} and ` +
      `else ${places.at(-1)} unless told otherwise. Throws WeightsError with all that does not ` +
      `fit the model, ${errors.join(" or ")} that was asked for and cannot run it.`,
    options: `${name}Options`,
    open:
      "sigil.openBackend(options, " +
      `{\n${targets.map((t) => `  ${t}: ${imports(t)},`).join("\n")}\n})`,
  };
}
