import { fileProblem } from "@sigil/runtime/node";
import { HubError } from "./hub-error.ts";

/** The error for a file of the cache that cannot be written. */
export function cacheProblem(path: string, cause: unknown): HubError {
  return new HubError(
    "cache",
    `cannot write ${path}: ${fileProblem(cause)} (HF_HUB_CACHE names another folder for the cache)`,
    { cause },
  );
}
