/** Help text that several commands share. */
export const pictureHelp =
  "PNG, JPEG, GIF, WebP, AVIF or TIFF pictures: files, folders, quoted glob patterns, " +
  "http(s) URLs, or - for standard input";
