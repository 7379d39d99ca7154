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
export { inNode, startThread, startWorker, type NodeWorker } from "./worker-host.ts";
export { WorkerError, type ErrorClasses } from "./remote-error.ts";
