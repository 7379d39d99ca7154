/** Reads tuning tables, which `sigil tune` writes and people may edit. */
import { DiagnosticError } from "./diagnostic-error.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { TunedAttention, TunedGemm, TuningTable } from "./generated/tuning.ts";
import { diagnosticAt, parseJson } from "./json-source.ts";
import { validate } from "./schema-validation.ts";

/** The limits of a workgroup on every WebGPU device: threads, and vectors of memory. */
export const workgroupLimits = { threads: 256, quads: 16384 / 16 } as const;

/**
 * How many vectors of workgroup memory a Gemm takes: blocks of A, padded by one per row, and of B.
 */
export const gemmWorkgroupQuads = ({
  threads,
  quads,
  rows,
  staged,
}: TunedGemm["config"]): number =>
  staged === 0 ? 0 : threads[1] * rows * (staged + 1) + 4 * staged * threads[0] * quads;

/** How many vectors of workgroup memory an attention takes, including its mask. */
export function attentionWorkgroupQuads(
  keys: number,
  headSize: number,
  config: Pick<TunedAttention["config"], "kind" | "threads" | "keys">,
): number {
  if (config.kind === "row")
    return Math.ceil(keys / 4) + config.threads + Math.ceil(config.threads / 4);
  const tile = config.keys ?? 0;
  return tile * 2 * Math.ceil(headSize / 4) + tile / 4;
}

/**
 * Parses a tuning table. Throws DiagnosticError, which lists every problem, including entries that
 * no device could run.
 */
export function parseTuning(text: string, { file }: { readonly file: string }): TuningTable {
  const source = parseJson(text, file);
  const diagnostics: Diagnostic[] = validate("tuning", source.value, source, "");
  const table = source.value as TuningTable;
  const report = (pointer: string, code: string, message: string, help?: string): void => {
    diagnostics.push(
      diagnosticAt(source, pointer, { code, message, ...(help !== undefined && { help }) }),
    );
  };
  const memory = (pointer: string, quads: number, help: string): void => {
    if (quads > workgroupLimits.quads)
      report(
        pointer,
        "out-of-range",
        `this takes ${16 * quads} bytes of workgroup memory and WebGPU guarantees ` +
          `${16 * workgroupLimits.quads}`,
        help,
      );
  };
  if (diagnostics.length === 0)
    for (const [name, entries] of Object.entries(table.classes)) {
      entries.gemm.forEach(({ config }, i) => {
        const pointer = `/classes/${name}/gemm/${i}/config`;
        const threads = config.threads[0] * config.threads[1];
        if (threads > workgroupLimits.threads)
          report(
            `${pointer}/threads`,
            "out-of-range",
            `a workgroup of ${threads} threads exceeds WebGPU's ${workgroupLimits.threads}`,
          );
        if (config.broadcast && (config.staged !== 0 || config.threads[1] !== 1))
          report(
            `${pointer}/broadcast`,
            "invalid-value",
            "rows can be broadcast only if nothing is staged and all threads lie along columns",
            "set staged to 0 and the second number of threads to 1",
          );
        memory(
          pointer,
          gemmWorkgroupQuads(config),
          "stage fewer quads, or use fewer rows or quads per thread",
        );
      });
      entries.attention.forEach(({ keys, headSize, config }, i) => {
        const pointer = `/classes/${name}/attention/${i}/config`;
        if (config.kind === "row" && (config.threads & (config.threads - 1)) !== 0)
          report(
            `${pointer}/threads`,
            "invalid-value",
            `threads that share a query must be a power of two, not ${config.threads}`,
          );
        if (config.kind === "row" && config.threads < Math.ceil(headSize / 4))
          report(
            `${pointer}/threads`,
            "out-of-range",
            `a head of ${headSize} channels needs at least ${Math.ceil(headSize / 4)} ` +
              `threads, not ${config.threads}`,
          );
        memory(
          pointer,
          attentionWorkgroupQuads(keys, headSize, config),
          config.kind === "row" ? "use the kind flash" : "stage fewer keys",
        );
      });
      for (const family of ["gemm", "attention", "rowReduce"] as const) {
        const seen = new Set<string>();
        entries[family].forEach((entry, i) => {
          const {
            config: _,
            microseconds: _time,
            defaultMicroseconds: _default,
            ...problem
          } = entry;
          const key = JSON.stringify(Object.entries(problem).sort());
          if (seen.has(key))
            report(
              `/classes/${name}/${family}/${i}`,
              "duplicate-entry",
              "this problem already has an entry",
            );
          seen.add(key);
        });
      }
    }
  if (diagnostics.length > 0)
    throw new DiagnosticError(
      diagnostics.sort(
        (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
      ),
    );
  return table;
}
