import { SigilError } from "@sigil/runtime";

/** Thrown when too many requests wait. The client may try again after `retryAfter` seconds. */
export class OverloadedError extends SigilError {
  override readonly name = "OverloadedError";
  readonly code = "overloaded";
  readonly retryAfter: number;

  constructor(model: string, retryAfter: number) {
    super(`${model} has as many requests waiting as it takes; try again in ${retryAfter} s`);
    this.retryAfter = retryAfter;
  }
}
