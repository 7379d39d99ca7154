/** Compares the weights files with the digests in a plan. */
import type { Plan } from "@sigil/spec";
import type { VerifyOptions } from "./byte-source.ts";
import { WeightsError } from "./error.ts";
import type { WeightSource } from "./weight-source.ts";

export interface VerifyPlanOptions {
  /**
   * Compare the weights files with the SHA-256 digests in the plan, if it has any. Default true.
   */
  readonly verify?: boolean;
  /**
   * Called with the bytes read so far to verify, and their total. A file is read as a whole before
   * any of it is used.
   */
  readonly onVerify?: (progress: {
    readonly loadedBytes: number;
    readonly totalBytes: number;
  }) => void;
  readonly signal?: AbortSignal;
}

/** Throws a WeightsError unless the weights are those that the plan was compiled for. */
export async function verifyPlan(
  { sha256 }: Pick<Plan, "sha256">,
  source: WeightSource,
  { verify = true, onVerify, signal }: VerifyPlanOptions,
): Promise<void> {
  if (!sha256 || !verify) return;
  if (!source.verify)
    throw new WeightsError(
      "has no file whose SHA-256 can be verified; load with `verify: false`, or compile a " +
        "spec without `sha256`",
      { file: source.name },
    );
  const options: VerifyOptions = {
    ...(signal && { signal }),
    ...(onVerify && { onProgress: onVerify }),
  };
  await source.verify(sha256, options);
}

/** The digest of a file, by its name, or the only digest there is. */
export function digestFor(sha256: Readonly<Record<string, string>>, file: string): string {
  const name = file.replace(/[?#].*$/, "").replace(/^.*[/\\]/, "");
  const digests = Object.values(sha256);
  const digest = Object.hasOwn(sha256, name)
    ? sha256[name]
    : digests.length === 1
      ? digests[0]
      : undefined;
  if (digest === undefined)
    throw new WeightsError("has no SHA-256 in the plan", {
      file,
      expected: `one of ${Object.keys(sha256).join(", ")}`,
    });
  return digest;
}
