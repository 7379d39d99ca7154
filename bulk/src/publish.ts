import { randomBytes } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Makes a file that appears as a whole or not at all, even if the machine fails. Returns false if
 * another process was first; its file stays.
 */
export async function publish(path: string, bytes: Uint8Array): Promise<boolean> {
  // Readers of a folder of Parquet pass over names that begin so.
  const name = `.${basename(path)}.${randomBytes(6).toString("hex")}.part`;
  const partial = join(dirname(path), name);
  const file = await open(partial, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename, it fails where the name is taken.
    await link(partial, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(partial);
  }
}
