/** The HTTP server of one process, which serves open models. The routes have no access control. */
import swagger from "@fastify/swagger";
import fastify, { type FastifyInstance } from "fastify";
import { batchingSession } from "./batching-session.ts";
import { answerError } from "./http-error.ts";
import { protocolRoutes } from "./inference-protocol/routes.ts";
import { addMetrics } from "./metrics.ts";
import { Models } from "./models.ts";
import { PicturePreparation } from "./pictures/prepare-pictures.ts";
import type { ServedModel } from "./served-model.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { addTracing } from "./tracing.ts";

export interface ServerOptions {
  /** The version of the server, which `/v2` and the OpenAPI document name. */
  readonly version: string;
  /** The most bytes of a request, and of each picture. Default 32 MiB. */
  readonly bodyLimit?: number;
  /** The most pixels of a picture. Default 50 million. */
  readonly limitPixels?: number;
  /**
   * How many pictures and texts may wait for each model. More are answered with 429. Default 512.
   */
  readonly maxWaiting?: number;
  /** Milliseconds that a request may wait for others to share its batch. Default 2. */
  readonly maxDelay?: number;
  /** Milliseconds within which a client must send its request. Default 30,000. */
  readonly requestTimeout?: number;
  /** Write a line for each request. Default false: only failures are written. */
  readonly verbose?: boolean;
}

/**
 * Creates a server that does not listen yet. `close` refuses new requests, waits for the current
 * ones, and does not dispose of the models.
 */
export async function createServer(
  served: readonly ServedModel[],
  {
    version,
    bodyLimit = 32 << 20,
    limitPixels = 50_000_000,
    maxWaiting = 512,
    maxDelay = 2,
    requestTimeout = 30_000,
    verbose = false,
  }: ServerOptions,
): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit,
    requestTimeout,
    // Whoever holds a connection must send its headers soon.
    http: {
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.min(requestTimeout, 5000),
    },
    forceCloseConnections: "idle",
    logger: { level: verbose ? "info" : "error" },
    // Names are what they are: "5" is no number, and what is unknown is not dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send({ error: `no route ${request.method} ${request.url}`, code: "no-route" }),
  );
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  // A connection that stays open for the client's next request would be waited for.
  app.addHook("onSend", async (_, reply) => {
    if (closing) void reply.header("connection", "close");
  });

  const opened = served.map((model) => {
    const batching = batchingSession(model.session, {
      maxDelay,
      maxWaiting,
      onRun: (run) => metrics.observeRun(model.name, run),
    });
    return { ...model, ...batching };
  });
  const models = new Models(opened);
  const pictures = new PicturePreparation({ limitPixels, maxQueue: maxWaiting });
  app.addHook("onClose", () => pictures.close());

  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Sigil", version, description: "SigLIP models over HTTP" },
    },
  });
  addTracing(app);
  const metrics = addMetrics(
    app,
    Object.fromEntries(opened.map(({ name, waitingRows }) => [name, waitingRows])),
  );
  await app.register(protocolRoutes, {
    prefix: "/v2",
    models,
    serverVersion: version,
    isReady: () => !closing,
  });
  await app.register(taskRoutes, { models, pictures, bodyLimit });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  return app;
}
