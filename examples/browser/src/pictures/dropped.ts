/** What was dropped or pasted: pictures, or the files of a checkpoint folder. */

export interface Dropped {
  readonly kind: "pictures" | "checkpoint";
  readonly files: readonly File[];
}

const isCheckpointFile = ({ name }: File): boolean => /^config\.json$|\.safetensors$/.test(name);

/** A folder that was dropped and gives no files. */
export class DropError extends Error {
  override readonly name = "DropError";
  readonly folder: string;

  constructor(folder: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.folder = folder;
  }
}

/**
 * Reads a drop; a folder gives the files right inside it. Throws DropError for one that is empty or
 * cannot be read.
 */
export async function readDrop({ items, files }: DataTransfer): Promise<Dropped> {
  // Entries must be taken before anything is awaited: the drop is over then.
  const entries = [...items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry !== null && entry !== undefined);
  const loose = [...files];
  const folders = entries.filter((entry) => entry.isDirectory) as FileSystemDirectoryEntry[];
  const inside = (await Promise.all(folders.map((folder) => filesOf(folder)))).flat();
  const all =
    folders.length > 0
      ? [...inside, ...loose.filter(({ name }) => !folders.some((folder) => folder.name === name))]
      : loose;
  return all.some(isCheckpointFile)
    ? { kind: "checkpoint", files: all }
    : { kind: "pictures", files: all };
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const files = await readFolder(folder).catch((error: unknown) => {
    throw new DropError(folder.name, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  });
  if (files.length === 0) throw new DropError(folder.name, "there are no files right inside it");
  return files;
}

async function readFolder(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // A reader gives a part at a time, and nothing at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return files;
    for (const entry of entries)
      if (entry.isFile)
        files.push(
          await new Promise<File>((resolve, reject) =>
            (entry as FileSystemFileEntry).file(resolve, reject),
          ),
        );
  }
}
