/** Serves models over HTTP. */
export type { BatchedRun, BatchingOptions } from "./batching-program.ts";
export { batchingSession, type BatchingSession } from "./batching-session.ts";
export { createServer, type ServerOptions } from "./create-server.ts";
export { RequestError } from "./http-error.ts";
export { OverloadedError } from "./overloaded-error.ts";
export type { ServedModel } from "./served-model.ts";
