/**
 * The files of a compiled model: a pure function of it, so that two compilations are equal byte for
 * byte.
 */
import type { Plan } from "@sigil/spec";
import { toJavaScript } from "../bindings/to-javascript.ts";
import type { CompiledModel } from "../compile.ts";
import { literal, propertyName } from "../text/literal.ts";
import { header } from "./header.ts";
import { importExtension } from "./import-extension.ts";
import { unplaceWeights } from "./unplace-weights.ts";
import { valueModule } from "./value-module.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

type Files = Readonly<Record<string, string>>;

/** A module that carries a plan and its kernels; `what` it holds ends with a full stop. */
const artifactModule = (
  { plan: { name }, source }: CompiledModel,
  target: "cpu" | "webgpu" | "cuda",
  what: string,
  imported: string,
  entries: readonly string[],
): Files =>
  valueModule(
    {
      name: target,
      header: header(name, source, what),
      imports: [imported],
      exported: "artifact",
      type: { cpu: "CpuArtifact", webgpu: "WebGpuArtifact", cuda: "CudaArtifact" }[target],
      runtime: `@sigil/runtime-${target}`,
      value: ["{", ...entries, "}"].join("\n"),
    },
    source.emit,
  );
const placing = 'import { placeWeights } from "@sigil/runtime";';
const placed = (plan: Plan): string => `  plan: placeWeights(${literal(unplaceWeights(plan))}),`;

function cpuFiles(compiled: CompiledModel): Files {
  const { plan, cpu, source } = compiled;
  return {
    "plan.json": `${JSON.stringify(plan, undefined, 2)}\n`,
    "kernels.wat": `${cpu.wat}\n`,
    ...artifactModule(
      compiled,
      "cpu",
      "plan.json, and kernels.wat assembled without and with relaxed SIMD.",
      placing,
      [
        placed(plan),
        "  wasm: {",
        `    plain: "${base64(cpu.plain)}",`,
        `    relaxed: "${base64(cpu.relaxed)}",`,
        "  },",
        // Node alone imports it.
        ...(cpu.native
          ? [`  native: async () => (await import("./native${importExtension(source)}")).kernels,`]
          : []),
      ],
    ),
    ...(cpu.native &&
      valueModule(
        {
          name: "native",
          header: header(
            plan.name,
            source,
            "what the native addon runs in place of the kernels of cpu.",
          ),
          imports: [],
          exported: "kernels",
          type: "NativeKernels",
          runtime: "@sigil/runtime-cpu",
          value: [
            "{",
            ...Object.entries(cpu.native).map(([name, kernel]) => `  ${name}: ${literal(kernel)},`),
            "}",
          ].join("\n"),
        },
        source.emit,
      )),
  };
}

/**
 * Without what comments and indentation say to people, on the same lines, so that a place in a
 * report is one in the file of the shader.
 */
const downloaded = (code: string): string => code.replace(/^ *(?:\/\/.*)?/gm, "");

function webGpuFiles(
  compiled: CompiledModel,
  { plan, kernels }: NonNullable<CompiledModel["webgpu"]>,
): Files {
  const { source } = compiled;
  const shaders = Object.entries(kernels).flatMap(([adapter, byName]) =>
    Object.entries(byName).map(
      ([name, { code }]) => [`wgsl/${adapter}/${name}.wgsl`, code] as const,
    ),
  );
  const modules = Object.entries(kernels).map(([adapter, byName]) =>
    valueModule(
      {
        name: `webgpu.${adapter}`,
        header: header(plan.name, source, `the shaders of wgsl/${adapter}.`),
        imports: [],
        exported: "kernels",
        type: "WebGpuKernels",
        runtime: "@sigil/runtime-webgpu",
        value: [
          "{",
          ...Object.entries(byName).map(
            ([name, { grid, code }]) =>
              `  ${name}: { grid: ${literal(grid)}, code: ${literal(downloaded(code))} },`,
          ),
          "}",
        ].join("\n"),
      },
      source.emit,
    ),
  );
  // An adapter's class and features are known when it is asked for, and only its shaders are
  // downloaded.
  const loaders = Object.keys(kernels).map(
    (adapter) =>
      `    ${propertyName(adapter)}: async () => (await ` +
      `import("./webgpu.${adapter}${importExtension(source)}")).kernels,`,
  );
  return {
    ...Object.fromEntries(shaders),
    ...Object.assign({}, ...modules),
    "webgpu.plan.json": `${JSON.stringify(plan, undefined, 2)}\n`,
    ...artifactModule(
      compiled,
      "webgpu",
      "webgpu.plan.json, and where the shaders of each class of adapter are.",
      placing,
      [placed(plan), "  kernels: {", ...loaders, "  },"],
    ),
  };
}

function cudaFiles(
  compiled: CompiledModel,
  { plan, kernels, sources }: NonNullable<CompiledModel["cuda"]>,
): Files {
  const files = Object.entries(sources).flatMap(([path, byName]) =>
    Object.entries(byName).map(([name, source]) => [`cuda/${path}/${name}.cu`, source] as const),
  );
  const table = Object.entries(kernels).map(([path, byName]) =>
    [
      `    ${path}: {`,
      ...Object.entries(byName).map(([name, kernel]) => `      ${name}: ${literal(kernel)},`),
      "    },",
    ].join("\n"),
  );
  const images = Object.keys(kernels).map(
    (path) => `    ${path}: () => readImage(new URL("kernels.${path}.fatbin", import.meta.url)),`,
  );
  return {
    ...Object.fromEntries(files),
    "cuda.plan.json": `${JSON.stringify(plan, undefined, 2)}\n`,
    ...artifactModule(
      compiled,
      "cuda",
      "cuda.plan.json, how the kernels of cuda/ are launched, and where they lie when nvcc " +
        "has compiled them.",
      'import { readImage } from "@sigil/runtime-cuda";',
      [
        `  plan: ${literal(plan)},`,
        "  kernels: {",
        ...table,
        "  },",
        "  images: {",
        ...images,
        "  },",
      ],
    ),
  };
}

/** The class, in the language that the spec asks for. */
function indexFiles({ plan, source, bindings }: CompiledModel): Files {
  const head = header(
    plan.name,
    source,
    "the class. Do not edit: change the spec and compile again.",
  );
  if (source.emit === "ts") return { "index.ts": `${head}\n\n${bindings}` };
  const { js, dts } = toJavaScript(bindings);
  return {
    "index.js": `${head}\n\n${js}`,
    "index.d.ts": `${head}\n\n${dts}`,
    // Node and TypeScript ask the nearest one what a .js file is, and an app's may say CommonJS.
    "package.json": `${JSON.stringify({ type: "module", sideEffects: false }, undefined, 2)}\n`,
  };
}

/** File name to content: the typed module, and what each of its targets loads. */
export function artifactFiles(compiled: CompiledModel): Files {
  const { targets, webgpu, cuda } = compiled;
  return {
    ...indexFiles(compiled),
    ...(targets.includes("cpu") && cpuFiles(compiled)),
    ...(webgpu && webGpuFiles(compiled, webgpu)),
    ...(cuda && cudaFiles(compiled, cuda)),
  };
}
