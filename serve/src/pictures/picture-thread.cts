/**
 * What Piscina loads in a thread, and waits for. It requires a module before it tries to import it,
 * and Node 20 aborts the process if a thread ends while it requires ECMAScript modules. So this is
 * none, and imports them.
 */
exports.default = import("./picture-worker.ts").then((worker) => worker.default);
