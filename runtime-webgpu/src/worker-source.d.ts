/** The text of dist/worker.js, which scripts/bundle-workers.mjs writes beside it. */
export declare const source: string;
