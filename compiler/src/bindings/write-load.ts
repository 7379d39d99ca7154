/**
 * How a generated class opens a session: on the one backend that it was compiled for, or on a
 * choice of them.
 */
import type { ModelSpec } from "@sigil/spec";
import type { SourceFile } from "ts-morph";

type Target = ModelSpec["targets"][number];

/** Who opens the artifact of each target. */
const openers: Readonly<
  Record<Target, { readonly runtime: string; readonly open: string; readonly options: string }>
> = {
  cpu: { runtime: "@sigil/runtime-cpu", open: "openCpuSession", options: "CpuSessionOptions" },
  cuda: { runtime: "@sigil/runtime-cuda", open: "openCudaSession", options: "CudaSessionOptions" },
  webgpu: {
    runtime: "@sigil/runtime-webgpu",
    open: "openWebGpuSession",
    options: "WebGpuSessionOptions",
  },
};

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
      moduleSpecifier: openers[target].runtime,
      namespaceImport: target,
    });
  const optionsOf = (target: Target): string => `${target}.${openers[target].options}`;
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
      open: `${target}.${openers[target].open}(artifact, weights, options)`,
    };
  }
  file.addTypeAlias({
    name: `${name}Options`,
    isExported: true,
    docs: ["Which backend to run on, and what each of them takes."],
    type: [
      `sigil.BackendOptions${[...targets].sort().join() === "cpu,webgpu" ? "" : `<${targets.map((t) => JSON.stringify(t)).join(" | ")}>`}`,
      // What is a choice of the CPU's alone there is one of all backends here.
      ...targets.map((t) =>
        t === "cpu" ? `Omit<${optionsOf(t)}, "backend" | "onBackend">` : optionsOf(t),
      ),
    ].join(" & "),
  });
  // A backend that is not chosen is not downloaded: its runtime and kernels are imported when it is
  // opened.
  const imports = (t: Target): string => {
    const [parameters, given] =
      t === "cpu"
        ? ["_, cpu", "{ ...options, ...cpu }"]
        : t === "webgpu" && targets.includes("cpu")
          ? ["automatic", "{ refuseSoftware: automatic, ...options }"]
          : ["", "options"];
    return `async (${parameters}) => {
    const [runtime, { artifact }] = await Promise.all([import("${openers[t].runtime}"), import("./${t}${extension}")]);
    return runtime.${openers[t].open}(artifact, weights, ${given});
  }`;
  };
  const where = [
    ...(targets.includes("cuda") ? ["on CUDA where there is a device for it"] : []),
    ...(targets.includes("webgpu") ? ["on WebGPU where there is a GPU"] : []),
    ...(targets.includes("cpu") ? ["on the CPU"] : []),
  ];
  const errors = [
    ...(targets.includes("cuda") ? ["CudaError for a CUDA"] : []),
    ...(targets.includes("webgpu") ? ["WebGpuError for a WebGPU"] : []),
  ];
  return {
    doc:
      `Loads the weights and readies every kernel, ${where.slice(0, -1).join(", else ")} and ` +
      `else ${where.at(-1)} unless told otherwise. Throws WeightsError with all that does not ` +
      `fit the model, ${errors.join(" or ")} that was asked for and cannot run it.`,
    options: `${name}Options`,
    open:
      "sigil.openBackend(options, " +
      `{\n${targets.map((t) => `  ${t}: ${imports(t)},`).join("\n")}\n})`,
  };
}
