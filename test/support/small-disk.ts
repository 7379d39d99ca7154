/** Programs that run with a small disk of their own, to see how they bear a full one. */
import { spawnSync, type SpawnSyncReturns } from "node:child_process";

/**
 * Runs a program in namespaces where `folder` is a disk of `kilobytes`; it is empty again
 * afterwards. Takes Linux that lets users make namespaces, see {@link hasSmallDisks}.
 */
export function onSmallDisk(
  folder: string,
  kilobytes: number,
  [program, ...args]: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly readOnly?: boolean } = {},
): SpawnSyncReturns<string> {
  const mount = options.readOnly
    ? 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'
    : `mount -t tmpfs -o size=${kilobytes}k none "$0"`;
  return spawnSync(
    "unshare",
    ["--map-root-user", "--mount", "sh", "-c", `${mount} && exec "$@"`, folder, program!, ...args],
    { encoding: "utf8", timeout: 60_000, env: options.env ?? process.env },
  );
}

export const hasSmallDisks = onSmallDisk("/mnt", 64, ["true"]).status === 0;
