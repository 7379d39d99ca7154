import { SigilError } from "@sigil/spec/shared";

/**
 * A plan that cannot be run: damaged, changed after it was compiled, or not the plan of the kernels
 * beside it.
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

  /** Of a kernel that a plan names and the kernels beside it lack. */
  static noKernel(kernel: string): PlanError {
    return new PlanError(`there is no kernel ${kernel}: was it compiled with this plan?`);
  }
}
