import { homedir } from "node:os";
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
 * HubError for anything else, which says what the text is taken for.
 */
export function parseModelId(text: string): ModelId {
  const [, name, revision = "main"] = idPattern.exec(text) ?? [];
  if (
    name === undefined ||
    /\.\.|--/.test(name) ||
    name.length > longestName ||
    revision.length > longestName ||
    revision.split("/").some((part) => /^\.+$/.test(part))
  )
    throw new HubError("invalid", notAnId(text));
  return { name, revision };
}

/** The Hub's own limit for a name; file systems take no much longer one. */
const longestName = 96;

/** The address of a model's page or file on a Hub: its id, and the revision where there is one. */
const address = new RegExp(
  String.raw`^(?:https?:\/\/)?(?:www\.)?[\w-]+(?:\.[\w-]+)*(?::\d+)?\/([\w.-]+\/[\w.-]+)` +
    String.raw`(?:\/(?:tree|blob|resolve|commit)\/([^/?#]+)[^?#]*)?\/?(?:[?#].*)?$`,
);

/** Says what a text is that is neither a Hub id nor anything in the file system. */
function notAnId(text: string): string {
  const shown = `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;
  const [, id, revision] = address.exec(text) ?? [];
  if (id !== undefined && /^https?:|^(www\.)?(huggingface\.co|hf\.co)\//.test(text))
    return (
      `${shown} is a URL: give the model's Hub id, ` +
      `${id}${revision === undefined || revision === "main" ? "" : `@${decoded(revision)}`}`
    );
  const missing = `there is no file or folder ${shown}`;
  if (text.startsWith("~/") || text === "~")
    return (
      `${missing}: a shell replaces ~ only outside quotes; write ` + `${homedir()}${text.slice(1)}`
    );
  if (/^[./\\]|^[A-Za-z]:[\\/]|\\|\/$|\/[^/]*\//.test(text)) return missing;
  return (
    `${missing}, and a Hub id is org/name or org/name@revision, such as ` +
    "google/siglip-base-patch16-224"
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a revision names a commit itself, which never moves. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);
