/**
 * Turns errors into answers. Mistakes of a client are answered with 4xx and the reason. Other
 * errors are answered without details.
 */
import { SigilError } from "@sigil/runtime";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { OverloadedError } from "./overloaded-error.ts";

/** Thrown for a request that a route refuses. */
export class RequestError extends SigilError {
  override readonly name = "RequestError";
  readonly code: "bad-request" | "unknown-model" | "unsupported";

  constructor(code: RequestError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const statusOf: Readonly<Record<RequestError["code"], number>> = {
  "bad-request": 400,
  "unknown-model": 404,
  unsupported: 400,
};
/** What the classes of these names say was given by the caller. */
const callersFault = new Set(["InputError", "ImageError", "TokenizerError", "OptionError"]);

function answerOf(error: FastifyError | Error): {
  readonly status: number;
  readonly code: string;
  readonly message: string;
} {
  if (error instanceof OverloadedError)
    return { status: 429, code: error.code, message: error.message };
  if (error instanceof RequestError)
    return { status: statusOf[error.code], code: error.code, message: error.message };
  if (error instanceof SigilError && callersFault.has(error.name))
    return { status: 400, code: error.code, message: error.message };
  if (error instanceof SigilError && error.code === "disposed")
    return { status: 503, code: "closing", message: "the server is closing" };
  const { statusCode, code = "bad-request" } = error as FastifyError;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code, message: error.message };
  return { status: 500, code: "internal", message: "the server failed; its log has the cause" };
}

/**
 * The server's error handler. Answers `{ error, code }`, where `error` is a message, as in the Open
 * Inference Protocol.
 */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, code, message } = answerOf(error);
  if (status >= 500) request.log.error(error);
  if (error instanceof OverloadedError) void reply.header("retry-after", error.retryAfter);
  void reply.status(status).send({ error: message, code });
}
