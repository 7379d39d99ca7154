import { HubError } from "./hub-error.ts";

/** A model of the Hub at a branch, tag or commit. */
export interface ModelId {
  /** `org/name`. */
  readonly name: string;
  readonly revision: string;
}

// Both parts become folder names of the cache, so neither may climb out of it.
const idPattern = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([\w.-]+(?:\/[\w.-]+)*))?$/;

/**
 * Reads `org/name` or `org/name@revision`; the revision is `main` where none is given. Throws
 * HubError for anything else.
 */
export function parseModelId(text: string): ModelId {
  const [, name, revision = "main"] = idPattern.exec(text) ?? [];
  if (
    name === undefined ||
    /\.\.|--/.test(name) ||
    revision.split("/").some((part) => /^\.+$/.test(part))
  ) {
    const expected =
      "expected org/name or org/name@revision, such as google/siglip-base-patch16-224";
    throw new HubError(
      "invalid",
      `"${text}" is neither a checkpoint folder nor a Hub id (${expected})`,
    );
  }
  return { name, revision };
}

/** Whether a revision names a commit itself, which never moves. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);
