import { Validator } from "@seriousme/openapi-schema-validator";
import { context, propagation, ROOT_CONTEXT, trace, type TracerProvider } from "@opentelemetry/api";
import { createServer } from "@sigil/serve";
import { afterAll, expect, it } from "vitest";
import { servedShapes } from "./served-shapes.ts";

interface SeenSpan {
  name: string;
  readonly attributes: Record<string, unknown>;
  ended: boolean;
}
const spans: SeenSpan[] = [];
/** As much of an SDK as shows which spans there are. */
const provider = {
  getTracer: () => ({
    startSpan(name: string, { attributes = {} } = {}) {
      const seen: SeenSpan = { name, attributes: { ...attributes }, ended: false };
      spans.push(seen);
      return {
        setAttribute: (key: string, value: unknown) => (seen.attributes[key] = value),
        setStatus() {},
        recordException() {},
        end: () => (seen.ended = true),
      };
    },
  }),
} as unknown as TracerProvider;
trace.setGlobalTracerProvider(provider);

const model = await servedShapes();
const app = await createServer([model], { version: "1.0.0" });
afterAll(async () => {
  trace.disable();
  await app.close();
  await model.session.dispose();
});

it("the server describes its routes in a valid OpenAPI document", async () => {
  const document = (await app.inject("/openapi.json")).json() as { paths: object };
  expect(await new Validator().validate(document)).toEqual({ valid: true });
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(["/v2/models/{name}/infer", "/embed", "/classify", "/metrics"]),
  );
});

it("a request is a span, and a row of the metrics", async () => {
  expect(propagation.fields()).toEqual([]);
  expect(context.active()).toBe(ROOT_CONTEXT);
  await app.inject("/v2/models/nothing");
  expect(spans.at(-1)).toEqual({
    name: "GET /v2/models/:name",
    attributes: {
      "http.request.method": "GET",
      "http.route": "/v2/models/:name",
      "url.path": "/v2/models/nothing",
      "http.response.status_code": 404,
    },
    ended: true,
  });
  expect((await app.inject("/metrics")).body).toMatch(
    /^sigil_\w+_seconds_count\{route="\/v2\/models\/:name",method="GET",status="404"\} 1$/m,
  );
});
