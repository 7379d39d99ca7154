export {
  connectSession,
  startWorker,
  type Connection,
  type ConnectOptions,
  type WorkerOptions,
} from "./connect-session.ts";
export {
  serveSession,
  serveSessions,
  type OpenRequest,
  type OpenServed,
  type Served,
} from "./serve-sessions.ts";
export { reporting } from "./reporting.ts";
export { WorkerError, type ErrorClasses } from "./remote-error.ts";
