export {
  connectSession,
  type Connection,
  type ConnectOptions,
  type WorkerOptions,
} from "./connect-session.ts";
export {
  serveHere,
  serveSession,
  serveSessions,
  type OpenRequest,
  type OpenServed,
  type Served,
} from "./serve-sessions.ts";
export { reporting } from "./reporting.ts";
export { startWorker, workerOf } from "./start-worker.ts";
export { builtin, inNode, startThread, type NodeWorker } from "./worker-host.ts";
export { WorkerError, type ErrorClasses } from "./remote-error.ts";
