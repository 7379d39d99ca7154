/** Generated modules in one folder: type-checked in one program, then imported in one process. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

export interface Imported {
  /** The plan that the module carries, as JSON. */
  readonly plan: string | null;
  /** What importing it threw. */
  readonly error: string | null;
}

/** Imports every module, and says what each carries and what all of them left behind. */
const importer = `
import { readdirSync } from "node:fs";
const before = new Set(Reflect.ownKeys(globalThis));
const said = [];
for (const name of ["log", "warn", "error"])
  console[name] = (...words) => said.push(words.join(" "));
const modules = {};
const out = new URL("./out/", import.meta.url);
for (const file of readdirSync(out).filter((name) => name.endsWith(".js"))) {
  let plan = null, error = null;
  try {
    const { artifact } = await import(new URL(file, out).href);
    if (artifact) plan = JSON.stringify(artifact.plan);
  } catch (thrown) {
    error = String(thrown);
  }
  modules[file.slice(0, -3)] = { plan, error };
}
const left = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
process.stdout.write(JSON.stringify({ modules, left, said }));
`;

export class Modules {
  readonly folder: string;
  readonly #known = new Map<string, string>();

  constructor() {
    mkdirSync(join(root, "build"), { recursive: true });
    this.folder = mkdtempSync(join(root, "build/hostile-"));
    mkdirSync(join(this.folder, "in"));
    writeFileSync(
      join(this.folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../tsconfig.base.json",
        compilerOptions: {
          composite: false,
          declaration: false,
          sourceMap: false,
          inlineSources: false,
          rootDir: "in",
          outDir: "out",
          types: ["node", "@webgpu/types"],
        },
        include: ["in"],
      }),
    );
    writeFileSync(join(this.folder, "import.mjs"), importer);
  }

  get size(): number {
    return this.#known.size;
  }

  /** Adds a file under its own name, which others import. */
  addNamed(name: string, text: string): void {
    writeFileSync(join(this.folder, "in", name), text);
  }

  /** Adds a file and returns its name; equal texts are one file. */
  add(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const name = `module-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    this.#known.set(text, name);
    writeFileSync(join(this.folder, "in", `${name}.ts`), text);
    return name;
  }

  /** What TypeScript says of all of them, nothing if it is content; writes the JavaScript. */
  typeCheck(): string {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = spawnSync("node", [tsc, "-p", this.folder], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    return stdout + stderr;
  }

  import(): {
    readonly modules: Readonly<Record<string, Imported>>;
    readonly left: readonly string[];
    readonly said: readonly string[];
  } {
    const { stdout, stderr, status } = spawnSync("node", [join(this.folder, "import.mjs")], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`the importer ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
