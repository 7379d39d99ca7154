import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a folder and its parents. Throws the system's error for the first that cannot be made. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    // On a read-only file system Node reports that the folder is not there.
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    let missing = folder;
    for (let above = dirname(missing); above !== missing; above = dirname(missing)) {
      if (await stat(above).catch(() => undefined)) break;
      missing = above;
    }
    await mkdir(missing);
    await mkdir(folder, { recursive: true });
  }
}
