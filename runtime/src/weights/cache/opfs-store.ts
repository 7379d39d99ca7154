import type { ByteStore } from "./byte-store.ts";

const absent = (error: unknown): undefined => {
  if ((error as Error).name !== "NotFoundError") throw error;
};

/** Pieces as files of the origin's private file system, under the folder `sigil`. */
export function opfsStore(): ByteStore {
  const root = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle("sigil", { create: true });
  return {
    buckets: async () => list(await root()),
    async remove(bucket) {
      await (await root()).removeEntry(bucket, { recursive: true }).catch(absent);
    },
    async open(bucket) {
      const folder = await (await root()).getDirectoryHandle(bucket, { create: true });
      return {
        keys: () => list(folder),
        get: async (key) => (await folder.getFileHandle(key).catch(absent))?.getFile(),
        async put(key, bytes) {
          // What is written becomes the file when it is closed, and until then is nobody's.
          const writer = await (await folder.getFileHandle(key, { create: true })).createWritable();
          try {
            await writer.write(bytes as Uint8Array<ArrayBuffer>);
            await writer.close();
          } catch (error) {
            await writer.abort().catch(() => {});
            await folder.removeEntry(key).catch(() => {});
            throw error;
          }
        },
      };
    },
  };
}

async function list(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}
