import type { Kept } from "./measure.ts";
import type { Target } from "./targets.ts";

export interface QuantizationReport {
  readonly out: string;
  readonly to: Target;
  /** Of weights files. */
  readonly bytes: { readonly before: number; readonly after: number };
  /**
   * By tensor, root of the mean squared error as a part of that of the weights; those that an
   * earlier run wrote are left out.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** Layers that went to 8 bits for the target. */
  readonly raised: readonly string[];
  readonly kept?: {
    readonly images?: Kept & { readonly noise: boolean };
    readonly texts?: Kept & { readonly noise: boolean };
    /** Pictures whose nearest text is the original's. */
    readonly answers?: number;
  };
}

/** Matrices that are listed: those with the largest errors. */
const most = 8;

/** The report as a table. */
export function quantizationReport({
  out,
  to,
  bytes,
  errors,
  kept,
  raised,
}: QuantizationReport): string {
  const mega = (count: number): string => `${(count / 1e6).toFixed(2)} MB`;
  const row = (name: string, text: string): string => `  ${name.padEnd(10)}${text}\n`;
  const cosine = (name: string, of: NonNullable<typeof kept>["images"]): string =>
    of
      ? row(
          name,
          `${of.count}${of.noise ? " of noise" : ""}, cosine at least ` +
            `${of.least.toFixed(5)}, ${of.mean.toFixed(5)} on average`,
        )
      : "";
  const worst = Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .slice(0, most);
  return [
    `${out}: ${to}\n`,
    row(
      "bytes",
      `${mega(bytes.before)} -> ${mega(bytes.after)} ` +
        `(${((100 * bytes.after) / bytes.before).toFixed(1)} %)`,
    ),
    cosine("pictures", kept?.images),
    cosine("texts", kept?.texts),
    kept?.answers !== undefined && kept.images
      ? row("answers", `${kept.answers} of ${kept.images.count} have the same nearest text`)
      : "",
    raised.length > 0 ? row("in 8 bits", raised.join(", ")) : "",
    worst.length > 0
      ? `  largest errors of weights, of ${Object.keys(errors).length} matrices\n${worst
          .map(([name, error]) => `    ${(100 * error).toFixed(2).padStart(6)} %  ${name}\n`)
          .join("")}`
      : "",
  ].join("");
}
