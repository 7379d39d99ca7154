/** What a Hub answers, and a shard index that it sends, through resolveModel. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveModel } from "sigil/internal/hub";
import { WrongSuccess } from "../judge.ts";
import { mutateJson } from "../mutate-json.ts";
import type { Target } from "../target.ts";

const commit = "0123456789012345678901234567890123456789";
const etag = `"${"a".repeat(40)}"`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const file = (body: unknown): Answer => ({
  status: 200,
  headers: { etag, "x-repo-commit": commit },
  body,
});
const entry = (path: string, size: number): object => ({
  type: "file",
  path,
  size,
  oid: "a".repeat(40),
});
const scenario: Readonly<Record<string, Answer>> = {
  revision: { status: 200, headers: {}, body: { id: "org/name", sha: commit } },
  tree: {
    status: 200,
    headers: { link: "" },
    body: [
      entry("config.json", 2),
      entry("model.safetensors.index.json", 40),
      { ...entry("one.safetensors", 4), lfs: { oid: "b".repeat(64), size: 4 } },
    ],
  },
  "config.json": file({}),
  "model.safetensors.index.json": file({ weight_map: { a: "one.safetensors" } }),
  "one.safetensors": file("abcd"),
};

export const hub: Target = {
  name: "hub",
  about: "a Hub's answers through resolveModel",
  goal: 1e5,
  async open() {
    let current: Readonly<Record<string, unknown>> = {};
    const server = createServer((request, response) => reply(current, request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const outside = mkdtempSync(join(tmpdir(), "sigil-fuzz-hub-"));
    const cache = join(outside, "cache");
    process.env.HF_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.HF_HUB_CACHE = cache;
    process.env.HF_TOKEN = "";
    return {
      draw: (random) => mutateJson(random, scenario, [scenario]),
      async run(input) {
        try {
          current = (JSON.parse(new TextDecoder().decode(input)) ?? {}) as typeof current;
        } catch {
          return;
        }
        mkdirSync(cache, { recursive: true });
        const failure = await resolveModel("org/name").then(
          () => undefined,
          (error: unknown) => error,
        );
        const strange = [
          ...readdirSync(outside).filter((name) => name !== "cache"),
          ...readdirSync(cache).filter((name) => name !== "models--org--name"),
        ];
        rmSync(cache, { recursive: true });
        if (strange.length > 0) throw new WrongSuccess(`wrote ${strange.join(", ")}`);
        if (failure !== undefined) throw failure;
      },
      close() {
        server.closeAllConnections();
        server.close();
        rmSync(outside, { recursive: true });
      },
    };
  },
};

/** Answers with what the scenario has for the path; what HTTP cannot carry is left out. */
function reply(
  scenario: Readonly<Record<string, unknown>>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = (request.url ?? "").replace(/\?.*$/, "");
  const key = path.includes("/revision/")
    ? "revision"
    : path.includes("/tree/")
      ? "tree"
      : decodeURIComponent(path.replace(/^.*\/resolve\/[^/]*\//, ""));
  const answer = Object.hasOwn(scenario, key) ? (scenario[key] as Partial<Answer> | null) : null;
  const { status } = answer ?? {};
  response.statusCode =
    typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599
      ? status
      : 404;
  for (const [name, value] of Object.entries(answer?.headers ?? {})) {
    try {
      response.setHeader(name, String(value));
    } catch {
      // Not a header that HTTP knows.
    }
  }
  const { body } = answer ?? {};
  response.end(typeof body === "string" ? body : textOf(body));
}

/** Empty for what nests deeper than JSON.stringify goes. */
function textOf(body: unknown): string {
  try {
    return JSON.stringify(body) ?? "";
  } catch {
    return "";
  }
}
