const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a part of its path is not a folder",
  EEXIST: "a file of that name exists",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  ENOSPC: "no space is left on its disk",
  EDQUOT: "the disk quota is used up",
  EROFS: "its file system is read-only",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "too many files are open",
};

/**
 * Says in words why the operating system refused a file. Its own messages name the file only
 * sometimes.
 */
export function fileProblem(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return Object.hasOwn(reasons, code) ? reasons[code]! : message;
}
