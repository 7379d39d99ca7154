/** The text of dist/thread-entry.js bundled, which scripts/bundle-workers.mjs writes beside it. */
export declare const source: string;
