/**
 * Spans of requests, for the OpenTelemetry SDK of the process. Without an SDK they cost nothing.
 */
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from "@opentelemetry/api";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    span: Span | undefined;
  }
}

export function addTracing(app: FastifyInstance): void {
  const tracer = trace.getTracer("@sigil/serve");
  app.decorateRequest("span");
  app.addHook("onRequest", (request, _, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const route = request.routeOptions.url ?? "unknown";
    request.span = tracer.startSpan(
      `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          "http.request.method": request.method,
          "http.route": route,
          "url.path": request.url.replace(/\?.*/s, ""),
        },
      },
      parent,
    );
    context.with(trace.setSpan(parent, request.span), done);
  });
  app.addHook("onError", async (request, _, error) => {
    request.span?.recordException(error);
  });
  app.addHook("onResponse", async ({ span }, { statusCode }) => {
    span?.setAttribute("http.response.status_code", statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
}
