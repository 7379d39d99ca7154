/**
 * The Open Inference Protocol, version 2, over REST (github.com/kserve/open-inference-protocol),
 * with the binary tensor data extension of Triton.
 */
import type { Tensor } from "@sigil/runtime";
import type { FastifyInstance, FastifyReply } from "fastify";
import { RequestError } from "../http-error.ts";
import type { Models } from "../models.ts";
import { infer } from "./infer.ts";
import { inferenceRequest, type InferenceRequest } from "./schema.ts";
import { modelSignature } from "./signature.ts";
import { readTensors, writeTensor } from "./tensors.ts";

/** How many of the body's bytes are JSON; the rest are tensors. */
const headerLength = "inference-header-content-length";
const version = "1";

interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

declare module "fastify" {
  interface FastifyRequest {
    /** What follows the JSON of an inference request. */
    binary: Uint8Array;
  }
}

export interface ProtocolOptions {
  readonly models: Models;
  readonly serverVersion: string;
  readonly isReady: () => boolean;
}

export async function protocolRoutes(
  app: FastifyInstance,
  { models, serverVersion, isReady }: ProtocolOptions,
): Promise<void> {
  app.decorateRequest("binary");
  app.removeAllContentTypeParsers();
  // Clients of the extension name several types, or none.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
    try {
      const length = jsonBytes(body as Buffer, request.headers[headerLength]);
      request.binary = (body as Buffer).subarray(length);
      done(null, parseJson((body as Buffer).toString("utf8", 0, length)));
    } catch (error) {
      done(error as Error);
    }
  });

  app.get("/health/live", { schema: { tags, summary: "Whether the process answers" } }, () => ({
    live: true,
  }));
  app.get(
    "/health/ready",
    { schema: { tags, summary: "Whether every model takes requests" } },
    (_, reply) => sendReady(reply, { ready: isReady() }),
  );
  app.get("/", { schema: { tags, summary: "The server's name and extensions" } }, () => ({
    name: "sigil",
    version: serverVersion,
    extensions: ["binary_tensor_data", "model_repository"],
  }));
  app.post("/repository/index", { schema: { tags, summary: "The models" } }, () =>
    models.names.map((name) => ({ name, version, state: isReady() ? "READY" : "UNAVAILABLE" })),
  );

  for (const path of ["/models/:name", "/models/:name/versions/:version"]) {
    app.get<{ Params: ModelParams }>(
      path,
      { schema: { tags, summary: "Names, types and shapes of a model's tensors" } },
      ({ params }) => {
        const { name, session } = models.find(checked(params));
        const { inputs, outputs } = modelSignature(session.plan);
        return { name, versions: [version], platform: "sigil", inputs, outputs };
      },
    );
    app.get<{ Params: ModelParams }>(
      `${path}/ready`,
      { schema: { tags, summary: "Whether a model takes requests" } },
      ({ params }, reply) => {
        const { name } = models.find(checked(params));
        return sendReady(reply, { name, ready: isReady() });
      },
    );
    app.post<{ Params: ModelParams; Body: InferenceRequest }>(
      `${path}/infer`,
      { schema: { tags, summary: "Run a model on tensors", body: inferenceRequest } },
      async ({ params, body, binary }, reply) => {
        const { name, session } = models.find(checked(params));
        const outputs = await infer(session, readTensors(body.inputs, binary));
        return answer(reply, name, body, outputs);
      },
    );
  }
}

const tags = ["Open Inference Protocol"];

const sendReady = <T extends { readonly ready: boolean }>(
  reply: FastifyReply,
  answer: T,
): FastifyReply => reply.status(answer.ready ? 200 : 503).send(answer);

function checked({ name, version: wanted = version }: ModelParams): string {
  if (wanted !== version)
    throw new RequestError("unknown-model", `${name} has only version ${version}`);
  return name;
}

function jsonBytes(body: Buffer, header: string | string[] | undefined): number {
  const length = header === undefined ? body.length : Number(header);
  if (!(Number.isInteger(length) && length >= 0 && length <= body.length))
    throw new RequestError(
      "bad-request",
      `${headerLength}: expected at most the ${body.length} bytes of the body, received ${header}`,
    );
  return length;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError("bad-request", "the body is not JSON");
  }
}

/** The outputs that are asked for, all where none is, in the form that is asked for. */
function answer(
  reply: FastifyReply,
  model: string,
  { id, parameters, outputs: wanted }: InferenceRequest,
  outputs: Record<string, Tensor>,
): FastifyReply {
  const all = parameters?.binary_data_output === true;
  const chosen =
    wanted?.map(({ name, parameters: own }) => ({ name, binary: own?.binary_data ?? all })) ??
    Object.keys(outputs).map((name) => ({ name, binary: all }));
  const written = chosen.map(({ name, binary }) => {
    const output = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    if (!output)
      throw new RequestError(
        "bad-request",
        `unknown output ${JSON.stringify(name)}; these inputs give ` +
          `${Object.keys(outputs).join(", ")}`,
      );
    return writeTensor(name, output, binary);
  });
  const json = {
    model_name: model,
    model_version: version,
    ...(id !== undefined && { id }),
    outputs: written.map((tensor) => tensor.json),
  };
  const bytes = written.flatMap((tensor) => tensor.bytes ?? []);
  if (bytes.length === 0) return reply.send(json);
  const head = Buffer.from(JSON.stringify(json));
  return reply
    .header(headerLength, head.length)
    .type("application/octet-stream")
    .send(Buffer.concat([head, ...bytes]));
}
