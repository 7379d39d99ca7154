/**
 * Documents with hostile names in every place: each is refused with a diagnostic, or becomes a
 * module that type-checks, does nothing when it is imported and carries the kernels that harmless
 * names give.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ArchitectureError,
  artifactFiles,
  compile,
  stages,
  writeBindings,
  writeFiles,
  type CompiledModel,
} from "@sigil/compiler/internal";
import { DiagnosticError, parseArchitecture, parseSpec, type Plan } from "@sigil/spec";
import { afterAll, describe, expect, it } from "vitest";
import { bareKernels } from "./kernels.ts";
import { Modules } from "./modules.ts";
import { hostileNames } from "./names.ts";
import { places, targetSets, type Document } from "./places.ts";

const file = "hostile.json";
const modules = new Modules();
/** What modules must carry. */
const plans = new Map<string, Plan>();
const top = mkdtempSync(join(tmpdir(), "sigil-hostile-"));
const folder = join(top, "a", "b");
afterAll(() => {
  modules.remove();
  rmSync(top, { recursive: true, force: true });
}, 120_000);

/** Throws what a user would see. */
async function compileDocument({ spec, architecture }: Document): Promise<CompiledModel> {
  const parsed = parseSpec(spec, { file });
  const document =
    architecture === undefined ? undefined : parseArchitecture(architecture, { file }).architecture;
  return compile({ ...parsed, targets: ["cpu", "webgpu", "cuda"], emit: "ts" }, document);
}

/** Adds the modules of a plan for these sets of targets. */
function addBindings(plan: Plan, sets: typeof targetSets): void {
  for (const targets of sets) modules.add(writeBindings(plan, targets));
}

/** Adds every module, and writes the files that are not there yet. */
function writeAll(compiled: CompiledModel): void {
  const files = artifactFiles(compiled);
  for (const [path, text] of Object.entries(files)) if (path.endsWith(".ts")) modules.add(text);
  plans.set(modules.add(files["cpu.ts"]!), compiled.plan);
  plans.set(modules.add(files["webgpu.ts"]!), compiled.webgpu!.plan);
  plans.set(modules.add(files["cuda.ts"]!), compiled.cuda!.plan);
  const all = { ...files, ...stages(compiled) };
  writeFiles(
    folder,
    Object.fromEntries(Object.entries(all).filter(([path]) => !existsSync(join(folder, path)))),
  );
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 40));

describe("documents with hostile names", () => {
  for (const [place, { document, admits }] of Object.entries(places))
    it(`as ${place} are refused, or differ in the name alone`, { timeout: 300_000 }, async () => {
      let harmless: string | undefined;
      const wrong: string[] = [];
      for (const name of hostileNames) {
        let compiled: CompiledModel;
        try {
          compiled = await compileDocument(document(name));
        } catch (error) {
          if (!(error instanceof DiagnosticError || error instanceof ArchitectureError))
            wrong.push(`${shown(name)}: ${error}`);
          else if (admits?.(name)) wrong.push(`${shown(name)} was refused: ${error.message}`);
          continue;
        }
        if (admits && !admits(name)) wrong.push(`${shown(name)} was let in`);
        const kernels = bareKernels(compiled);
        harmless ??= kernels;
        if (kernels !== harmless) wrong.push(`${shown(name)} changes the kernels`);
        writeAll(compiled);
        if (place === "name of a spec") addBindings(compiled.plan, targetSets);
      }
      expect(wrong).toEqual([]);
    });
});

/** What the doors refuse is harmless behind them too: plans may come from anywhere. */
describe("plans with hostile names", () => {
  const rename = (plan: Plan, change: (program: Plan["programs"][number]) => object): Plan => ({
    ...plan,
    programs: plan.programs.map((program) => ({ ...program, ...change(program) })),
  });
  const changes: Readonly<Record<string, (plan: Plan, name: string) => Plan>> = {
    name: (plan, name) => ({ ...plan, name }),
    architecture: (plan, architecture) => ({ ...plan, architecture }),
    program: (plan, name) => rename(plan, () => ({ name })),
    "input of a graph": (plan, name) =>
      plan.kind === "graph"
        ? rename(plan, ({ inputs }) => ({ inputs: inputs.map((input) => ({ ...input, name })) }))
        : plan,
    output: (plan, name) =>
      rename(plan, ({ outputs }) => ({ outputs: outputs.map((output) => ({ ...output, name })) })),
    "output by layer": (plan, name) =>
      rename(plan, ({ outputs }) => ({
        outputs: outputs.map((output) => ({ ...output, name: `${name}.0` })),
      })),
    symbol: (plan, name) =>
      JSON.parse(JSON.stringify(plan).replaceAll('"batch"', () => JSON.stringify(name))) as Plan,
    channels: (plan, name) => ({
      ...plan,
      config: { ...plan.config, vision_config: { num_channels: name } },
    }),
  };

  for (const [place, model] of [
    ["name of an output", "graph"],
    ["name of a vision tower's output", "vision tower"],
  ] as const)
    it(`of a ${model} give harmless modules`, { timeout: 300_000 }, async () => {
      const compiled = await compileDocument(places[place]!.document("result"));
      for (const [of, change] of Object.entries(changes))
        for (const name of hostileNames) {
          const plan = change(compiled.plan, name);
          addBindings(plan, targetSets.slice(of === "name" ? 0 : -1));
          if (!["name", "program"].includes(of)) continue;
          const programs = compiled.programs.map((program, i) => ({
            ...program,
            graph: { ...program.graph, name: plan.programs[i]!.name },
          }));
          const targets = Object.fromEntries(
            (["cpu", "webgpu", "cuda"] as const).map((target) => {
              const one = compiled[target]!;
              return [target, { ...one, plan: change(one.plan, name) }];
            }),
          );
          writeAll({ ...compiled, plan, programs, ...targets });
        }
    });

  it("throw for a file outside the folder", () => {
    for (const name of ["../escaped", "..", ".", "", "a/../../escaped", join(top, "escaped")])
      expect(() => writeFiles(folder, { "fine.txt": "", [name]: "" }), name).toThrow("not inside");
    expect(existsSync(join(folder, "fine.txt"))).toBe(false);
  });
});

describe("what hostile names are compiled to", () => {
  it("lies inside the folder", () => {
    expect(readdirSync(top)).toEqual(["a"]);
    expect(readdirSync(join(top, "a"))).toEqual(["b"]);
  });

  it("type-checks, does nothing when imported and carries its plan", {
    timeout: 600_000,
  }, async () => {
    const harmless = await compileDocument(places["name of a graph"]!.document("harmless"));
    for (const [path, text] of Object.entries(artifactFiles(harmless)))
      if (path.endsWith(".ts")) modules.addNamed(path, text);
    expect(modules.size).toBeGreaterThan(1000);
    expect(modules.typeCheck()).toBe("");
    const { modules: imported, left, said } = modules.import();
    expect([left, said]).toEqual([[], []]);
    expect(Object.entries(imported).filter(([, { error }]) => error !== null)).toEqual([]);
    // Keys of equal names in equal order: as texts, since `__proto__` is a key that toEqual skips.
    for (const [name, plan] of plans)
      expect(sorted(JSON.parse(imported[name]!.plan!)), name).toBe(sorted(plan));
  });
});

/** JSON with the keys of every object in order. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
