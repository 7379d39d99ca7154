/** A command whose module is loaded when it is called: `--help` and `--version` need none. */
export const lazy =
  <Args extends unknown[]>(load: () => Promise<(...args: Args) => Promise<void> | void>) =>
  async (...args: Args): Promise<void> =>
    (await load())(...args);
