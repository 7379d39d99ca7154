/** Words to ids. */
export interface Model {
  /** Token texts by id; a hole is undefined. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  encode(word: string): number[];
}
