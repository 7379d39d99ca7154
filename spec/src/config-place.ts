import type { JsonSource } from "./json-source.ts";

/** Where a config stands: its source file and its pointer there. */
export interface ConfigPlace {
  readonly source: JsonSource;
  readonly pointer: string;
}
