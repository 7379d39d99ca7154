/**
 * Programs that run with a disk of their own: a small one, to see how they bear a full one, or one
 * that cannot be written.
 */
import { runProgram, type Ended } from "./run-program.ts";

/**
 * Runs a program where `folder` is a disk of `size`, such as 64k, which is empty again afterwards;
 * or read-only.
 */
export function onDisk(
  folder: string,
  size: string | "read-only",
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const mount =
    size === "read-only"
      ? 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"'
      : `mount -t tmpfs -o size=${size} none "$0"`;
  // Namespaces, which most Linux systems let every user make.
  const own = ["--map-root-user", "--mount", "sh", "-c", `${mount} && exec "$@"`, folder];
  return runProgram("unshare", [...own, ...command], env);
}

export const hasOwnDisks = (await onDisk("/mnt", "64k", ["true"])).status === 0;
