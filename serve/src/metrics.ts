/** The metrics that Prometheus reads at /metrics. */
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { BatchedRun } from "./batching-program.ts";

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export interface Metrics {
  readonly observeRun: (model: string, run: BatchedRun) => void;
}

/**
 * Adds the route /metrics and the hooks that count. `waiting` has a function for each model that
 * returns how many rows wait.
 */
export function addMetrics(
  app: FastifyInstance,
  waiting: Readonly<Record<string, () => number>>,
): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "sigil_request_duration_seconds",
    help: "Time from a request to its answer",
    labelNames: ["route", "method", "status"],
    buckets: seconds,
    registers,
  });
  const runs = new Histogram({
    name: "sigil_run_duration_seconds",
    help: "Time of a run of a program, of all the requests in it",
    labelNames: ["model", "program"],
    buckets: seconds,
    registers,
  });
  const batches = new Histogram({
    name: "sigil_run_rows",
    help: "Pictures or texts that ran together",
    labelNames: ["model", "program"],
    buckets: rows,
    registers,
  });
  const done = new Counter({
    name: "sigil_rows_total",
    help: "Pictures and texts computed",
    labelNames: ["model", "program"],
    registers,
  });
  new Gauge({
    name: "sigil_waiting_rows",
    help: "Pictures and texts that have not begun to run",
    labelNames: ["model"],
    registers,
    collect() {
      for (const [model, count] of Object.entries(waiting)) this.set({ model }, count());
    },
  });

  app.addHook("onResponse", async (request, reply) => {
    // The pattern, since a path has as many values as clients think of.
    const route = request.routeOptions.url ?? "unknown";
    const labels = { route, method: request.method, status: reply.statusCode };
    requests.observe(labels, reply.elapsedTime / 1000);
  });
  app.get(
    "/metrics",
    { schema: { tags: ["Operation"], summary: "Metrics as Prometheus reads them" } },
    async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
  return {
    observeRun(model, { program, rows: count, seconds: took }) {
      const labels = { model, program };
      runs.observe(labels, took);
      batches.observe(labels, count);
      done.inc(labels, count);
    },
  };
}
