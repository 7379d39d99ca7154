/** Sends errors across threads. Structured cloning keeps neither their class nor their code. */

import { SigilError } from "@sigil/spec/shared";
import { DisposedError } from "../model/disposed-error.ts";
import { InputError } from "../model/input-error.ts";
import { OptionError } from "../model/option-error.ts";
import { PlanError } from "../model/plan-error.ts";
import { WeightsError } from "../weights/error.ts";

/** An error as one thread describes it to another. */
export interface PlainError {
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Error classes by name. Errors of other classes arrive as Error and keep their name. */
export type ErrorClasses = Readonly<Record<string, { readonly prototype: Error }>>;

/** Thrown when a worker cannot be started, or ends while it is needed. */
export class WorkerError extends SigilError {
  override readonly name = "WorkerError";
  readonly code = "worker";
}

/** Errors that reading weights and running may throw on either side. */
export const sharedErrors: ErrorClasses = {
  DisposedError,
  InputError,
  OptionError,
  PlanError,
  WeightsError,
  WorkerError,
  TypeError,
  RangeError,
};

export function toPlain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { properties: { name: "Error", message: String(error) } };
  const { name, message, stack } = error;
  const own = Object.entries(error).filter(
    ([, value]) =>
      ["string", "number", "boolean"].includes(typeof value) ||
      (Array.isArray(value) && value.every((item) => typeof item === "string")),
  );
  return { properties: { ...Object.fromEntries(own), name, message, stack } };
}

export function fromPlain({ properties }: PlainError, classes: ErrorClasses): Error {
  const { name, message } = properties as { readonly name: string; readonly message: string };
  if (name === "AbortError") return new DOMException(message, name);
  const error = new Error(message);
  const known = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (known) Object.setPrototypeOf(error, known.prototype);
  for (const [key, value] of Object.entries(properties))
    Object.defineProperty(error, key, {
      value,
      configurable: true,
      writable: true,
      enumerable: !["message", "stack"].includes(key),
    });
  return error;
}
