/** Makes names of files of names that come from outside. */

/** Windows keeps these for devices, whatever extension follows. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * One part of a path, for every file system, from a name: letters, digits, `_`, `-` and dots that
 * neither begin nor end it, at most 100 characters. Never a folder's own name or its parent's.
 */
export const fileName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, 100)
    .replace(/^\.+|\.+$/g, "")
    .replace(devices, "$1_") || "model";
