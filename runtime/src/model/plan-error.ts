import { SigilError } from "@sigil/spec/shared";

/**
 * Thrown for a plan that cannot run: it is damaged, was changed after it was compiled, or does not
 * belong to the kernels beside it.
 */
export class PlanError extends SigilError {
  override readonly name = "PlanError";
  readonly code = "plan";
  /** Every fault found, each with its place in the plan. */
  readonly issues: readonly string[];

  constructor(
    problem: string,
    { issues = [], ...options }: ErrorOptions & { readonly issues?: readonly string[] } = {},
  ) {
    super(`${problem}${issues.map((issue) => `\n  - ${issue}`).join("")}`, options);
    this.issues = issues;
  }

  /** The error for a kernel that a plan names and that is missing beside it. */
  static noKernel(kernel: string): PlanError {
    return new PlanError(`there is no kernel ${kernel}: was it compiled with this plan?`);
  }
}
