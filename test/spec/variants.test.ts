/**
 * Documents that extend and use others: what becomes of their parts, and where faults are shown.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DiagnosticError,
  loadArchitecture,
  parseArchitecture,
  type CompleteGraph,
} from "@sigil/spec";
import { describe, expect, it } from "vitest";

const parse = (document: object, file = "/nowhere/d.json") =>
  parseArchitecture(JSON.stringify(document, undefined, 1), { file });
const graphOf = (document: object): CompleteGraph => parse(document).parts[0]!.graph;
const problems = (document: object, file?: string): string[] => {
  try {
    parse(document, file);
    return [];
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map(({ pointer, message }) => `${pointer}: ${message}`);
  }
};
const tower = loadArchitecture("siglip-vision").parts[0]!.graph;
const names = ({ steps }: Pick<CompleteGraph, "steps">): string[] => steps.map(({ name }) => name);
const variant = { name: "variant", extends: "siglip-vision" };
const mean = { name: "mean", op: "mean_tokens", inputs: ["last_hidden_state", "patch_mask"] };

describe("a document that extends another", () => {
  it("is that one but for its name", () =>
    expect(graphOf(variant)).toEqual({ ...tower, name: "variant" }));

  it("adds steps at the end, and has its own outputs", () => {
    const graph = graphOf({ ...variant, steps: [mean], outputs: { mean: "mean" } });
    expect(names(graph)).toEqual([...names(tower), "mean"]);
    expect(graph.outputs).toEqual({ mean: "mean" });
  });

  it("puts steps in the place of those of their names, with those before them", () => {
    const steps = [
      { name: "sum", op: "add", inputs: ["embedded", "positions"] },
      { name: "embeddings", op: "l2_normalize", inputs: ["sum"] },
      mean,
    ];
    const expected = names(tower);
    expected.splice(expected.indexOf("embeddings"), 0, "sum");
    const graph = graphOf({ ...variant, steps });
    expect(names(graph)).toEqual([...expected, "mean"]);
    expect(graph.steps.find(({ name }) => name === "embeddings")).toEqual(steps[1]);
  });

  it("replaces blocks, in the other's steps too, or steps of them", () => {
    const mlp = {
      inputs: ["x"],
      steps: [{ name: "y", op: "activation", inputs: ["x"], attributes: { kind: "relu" } }],
      output: "y",
    };
    expect(graphOf({ ...variant, blocks: { mlp } }).blocks).toEqual({ ...tower.blocks, mlp });
    const doubled = {
      extends: "mlp",
      steps: [
        { name: "half", op: "l2_normalize", inputs: ["act"] },
        { name: "fc2", op: "add", inputs: ["half", "half"] },
      ],
    };
    const block = graphOf({ ...variant, blocks: { mlp: doubled } }).blocks!.mlp!;
    // Both activations of that name stay: one of them is switched off.
    expect(names(block)).toEqual(["fc1", "act", "act", "half", "fc2"]);
    expect(block.inputs).toEqual(["x"]);
  });

  it("is a variant of a variant, of Sigil's or a file of its folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "sigil-variants-"));
    writeFileSync(
      join(folder, "base.json"),
      JSON.stringify({ ...variant, name: "base", dimensions: { extra: 3 } }),
    );
    const { graph } = parse(
      { name: "d", extends: "./base.json", dimensions: { more: "extra" } },
      join(folder, "d.json"),
    ).parts[0]!;
    expect(graph.dimensions).toEqual({ ...tower.dimensions, extra: 3, more: "extra" });
    expect(graph.kind).toBe("siglip-vision");
    expect(
      parse({ name: "m", programs: ["./base.json", "siglip-text"] }, join(folder, "m.json")).parts,
    ).toHaveLength(2);
    writeFileSync(join(folder, "self.json"), JSON.stringify({ name: "d", extends: "./self.json" }));
    expect(problems({ name: "d", extends: "./self.json" }, join(folder, "d.json"))).toEqual([
      "/extends: `./self.json` extends or uses itself",
    ]);
  });

  it("uses blocks of another in a graph of its own", () => {
    const graph = graphOf({
      name: "g",
      uses: ["siglip-vision"],
      symbols: { batch: "image" },
      inputs: { x: { dtype: "float32", shape: ["batch", 4, "hidden_size"] } },
      steps: [{ name: "y", block: "mlp", inputs: ["x"], path: "mlp" }],
      outputs: { y: "y" },
    });
    expect(graph.blocks).toEqual(tower.blocks);
    expect(graph).not.toHaveProperty("uses");
  });
});

describe("faults", () => {
  it.each<[object, string[]]>([
    [{ extends: "siglip-vison" }, ["/extends: no architecture `siglip-vison`"]],
    [{ extends: "siglip" }, ["/extends: `siglip` consists of several graphs: name one of them"]],
    [{ extends: "./none.json" }, ["/extends: cannot read `./none.json`"]],
    [
      { extends: "../other.json" },
      ["/extends: `../other.json` is not in the folder of this document"],
    ],
    [
      { extends: "./a/../../b.json" },
      ["/extends: `./a/../../b.json` is not in the folder of this document"],
    ],
    [{ extends: "/etc/x.json" }, ["/extends: `/etc/x.json` is not in the folder of this document"]],
    [{ uses: ["siglip-text", "nothing"] }, ["/uses/1: no architecture `nothing`"]],
    [
      { blocks: { mlp: { extends: "mpl" } } },
      ["/blocks/mlp/extends: no block `mpl` in the documents that this one extends or uses"],
    ],
    [
      { steps: [{ ...mean, inputs: ["last_hidden_stat"] }] },
      ["/steps/0/inputs/0: no value `last_hidden_stat` before this step"],
    ],
    [
      {
        blocks: {
          mlp: { extends: "mlp", steps: [{ name: "fc2", op: "add", inputs: ["act", "z"] }] },
        },
      },
      ["/blocks/mlp/steps/0/inputs/1: no value `z` before this step"],
    ],
    [{ outputs: { y: "z" } }, ["/outputs/y: no value `z`"]],
  ])("are shown where they are written: %j", (stated, expected) =>
    expect(problems({ ...variant, ...stated })).toEqual(expected),
  );

  it("of a config are located in whichever file has the place", () => {
    const [part] = parse({ ...variant, dimensions: { head_size: "nothing" }, steps: [mean] }).parts;
    const fileOf = (pointer: string) => part!.locate(pointer, "wrong").file;
    expect(fileOf("/dimensions/head_size")).toBe("/nowhere/d.json");
    expect(fileOf("/dimensions/grid_height")).toMatch(/siglip-vision\.json$/);
    expect(fileOf(`/steps/${part!.graph.steps.length - 1}`)).toBe("/nowhere/d.json");
    expect(fileOf("/steps/0/attributes/patch")).toMatch(/siglip-vision\.json$/);
    expect(fileOf("/blocks/mlp/steps/0")).toMatch(/siglip-vision\.json$/);
  });
});
