/**
 * Caches compiled modules by everything that determines them, since most programs open the same
 * model again.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CpuArtifact } from "@sigil/runtime-cpu";
import { parsePlan, type ModelSpec } from "@sigil/spec";
import { version } from "../version.ts";

const folder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "sigil", "modules");

interface Kept extends Omit<CpuArtifact, "plan" | "wasm"> {
  readonly plan: unknown;
  readonly wasm: { readonly plain: string; readonly relaxed: string };
}

/**
 * Compiles the spec for the CPU, or takes the result from `$XDG_CACHE_HOME/sigil/modules` if it was
 * compiled before. A cache that cannot be read or written is not used.
 */
export async function compileOnce(spec: ModelSpec): Promise<CpuArtifact> {
  const { file: _, ...decisive } = spec;
  // A document of one's own may change under its name.
  const name = /[\\/]/.test(spec.architecture)
    ? undefined
    : createHash("sha256")
        .update(`${version}\n${JSON.stringify(decisive)}`)
        .digest("hex");
  const place = name && join(folder(), `${name}.json`);
  const kept = place && (await read(place));
  if (kept) return kept;
  const { compile, cpuArtifact } = await import("@sigil/compiler");
  const artifact = cpuArtifact(await compile({ ...spec, targets: ["cpu"] }));
  if (place) await write(place, artifact).catch(() => {});
  return artifact;
}

async function read(file: string): Promise<CpuArtifact | undefined> {
  try {
    const { plan, wasm, ...rest } = JSON.parse(await readFile(file, "utf8")) as Kept;
    return { ...rest, wasm, plan: parsePlan(JSON.stringify(plan), { file }) };
  } catch {
    return undefined;
  }
}

async function write(file: string, { wasm, ...rest }: CpuArtifact): Promise<void> {
  const text = (bytes: Uint8Array | string): string =>
    typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("base64");
  const partial = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    await mkdir(folder(), { recursive: true });
    await writeFile(
      partial,
      JSON.stringify({ ...rest, wasm: { plain: text(wasm.plain), relaxed: text(wasm.relaxed) } }),
    );
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
