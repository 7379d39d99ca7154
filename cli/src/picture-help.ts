/** For the help of commands. */
export const pictureHelp =
  "PNG, JPEG, GIF, WebP, AVIF or TIFF: files, folders, quoted patterns, http(s) addresses, " +
  "or - for standard input";
