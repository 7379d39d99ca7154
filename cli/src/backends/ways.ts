/** The ways of computing of all backends. */
import type { Storage } from "@sigil/spec";
import { backends } from "../generated/backends.ts";
import type { CliBackend, Way } from "./backend.ts";

const all: readonly (readonly [string, Way, CliBackend])[] = Object.values(
  backends satisfies Readonly<Record<string, CliBackend>>,
).flatMap((backend: CliBackend) =>
  Object.entries(backend.ways).map(([name, way]) => [name, way, backend] as const),
);

/** Names that `sigil run --backend` takes. */
export const ways: readonly string[] = all.map(([name]) => name);

/** Names that `sigil parity --backends` takes, with their tolerances. */
export const tolerances: ReadonlyMap<string, Readonly<Record<Storage, number>>> = new Map(
  all.flatMap(([name, way]) => (way.tolerances ? [[name, way.tolerances] as const] : [])),
);

export const colourOf = (name: string): string =>
  all.find(([way]) => way === name)?.[1].colour ?? "var(--note)";

/** The backend of a name that `--backend` takes. */
export function backendOf(name: string): CliBackend {
  const found = all.find(([way]) => way === name);
  if (!found) throw new RangeError(`expected one of ${ways.join(", ")}, received "${name}"`);
  return found[2];
}

/** Options of the backends' own, for a command that takes a way. */
export const backendOptions = () =>
  [...new Set(all.map(([, , backend]) => backend))].flatMap(({ options }) => options?.() ?? []);
