/** Answers that no Hub gives: each ends soon, in a HubError that says what is wrong. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { gitBlob } from "./hub/fake-hub.ts";
import { config, files, hub, model, refused, weights } from "./hub/hub-setup.ts";

const isTree = (path: string): boolean => path.includes("/tree/");
const json = (response: ServerResponse, body: string): true => {
  response.setHeader("Content-Type", "application/json").end(body);
  return true;
};
const entry = (fields: object): string =>
  JSON.stringify([
    { type: "file", path: "config.json", size: config.length, oid: gitBlob(config), ...fields },
  ]);

beforeEach(() => {
  hub.publish("main", files);
  vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "10");
});

describe("a listing", () => {
  it.each([
    ["null", "null", /lists no files/],
    ["of null", "[null]", /lists no files/],
    ["of strings", '["config.json"]', /lists no files/],
    ["that is an object", "{}", /lists no files/],
    ["that is no JSON", "<html>", /answered with something that is not JSON/],
    ["that is cut off", "[{", /answered with something that is not JSON/],
    ["that is empty", "", /answered with something that is not JSON/],
    ["without config.json", "[]", /has no config\.json/],
    ["of a size of -1", entry({ size: -1 }), /no valid size of config\.json: received -1/],
    [
      "of a size of 1e300",
      entry({ size: 1e300 }),
      /no valid size of config\.json: received 1e\+300/,
    ],
    ["of a size of a half", entry({ size: 0.5 }), /no valid size of config\.json: received 0\.5/],
    [
      "without a size",
      entry({ size: undefined }),
      /no valid size of config\.json: received nothing/,
    ],
    ["of a hash that is a path", entry({ oid: "../../../x" }), /no valid hash of config\.json/],
    ["of an lfs that is a number", entry({ lfs: 5 }), /no valid hash of config\.json/],
    ["of another size", entry({ size: 5 }), /more than the 5 bytes/],
    ["longer than any", `[${"0,".repeat(9 << 20)}0]`, /more than 16777216 bytes/],
  ])("%s", async (_, body, message) => {
    hub.intercept = (path, response) => isTree(path) && json(response, body);
    await refused(resolveModel(model), expect.stringMatching(/network|not-found|corrupt/), message);
  });

  it.each(["null", "5", '{"sha":5}', '{"sha":"main"}', '{"sha":"../../x"}', "[]"])(
    "with %s for a model",
    async (body) => {
      hub.intercept = (path, response) => path.includes("/revision/") && json(response, body);
      await refused(resolveModel(model), "network", "gives no commit for org/tiny@main");
    },
  );

  it.each([
    ["names itself", (path: string) => path],
    ["never ends", (path: string) => `${path}x`],
  ])("whose next page %s", async (_, next) => {
    hub.intercept = (path, response) => {
      if (!isTree(path)) return false;
      response.setHeader("Link", `<${next(path)}>; rel="next"`);
      return json(response, "[]");
    };
    await refused(resolveModel(model), "network", "lists endless pages of files for org/tiny");
    expect(hub.seen.length).toBeLessThan(110);
  });

  it("whose next page is no address", async () => {
    hub.intercept = (path, response) => {
      response.setHeader("Link", '<http://[>; rel="next"');
      return isTree(path) && json(response, "[]");
    };
    await refused(resolveModel(model), "network", "not a URL: http://[");
  });

  it.each(["", "\0", "..", "../x", "/x", "a/b", "a\\b", "C:x", ".x", 5, null])(
    "of an index that names the shard %j",
    async (shard) => {
      const index = Buffer.from(JSON.stringify({ weight_map: { a: shard } }));
      hub.publish("main", { "config.json": config, "model.safetensors.index.json": index });
      await refused(resolveModel(model), "corrupt", /expected file names of shards, received/);
    },
  );
});

describe("a busy server", () => {
  it.each([429, 500, 503])("that answers %d once is asked again", async (status) => {
    const failed = new Set<string>();
    hub.intercept = (path, response) => {
      if (failed.has(path)) return false;
      failed.add(path);
      response.writeHead(status, { "Retry-After": "0" }).end();
      return true;
    };
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  });

  it("is given the time that it asks for", async () => {
    let first = 0;
    let second = 0;
    hub.intercept = (path, response) => {
      if (!isTree(path) || second > 0) return false;
      if (first > 0) {
        second = performance.now();
        return false;
      }
      first = performance.now();
      response.writeHead(429, { "Retry-After": "1" }).end();
      return true;
    };
    await resolveModel(model, { files: ["config.json"] });
    // A timer may come a millisecond early.
    expect(second - first).toBeGreaterThan(990);
  });

  it.each([["3600"], [new Date(Date.now() + 3_600_000).toUTCString()]])(
    "that asks to wait an hour, by %s, is not waited for",
    async (wait) => {
      hub.intercept = (_, response) => {
        response.writeHead(429, { "Retry-After": wait }).end();
        return true;
      };
      await refused(resolveModel(model), "network", /429 \(too many requests\).*wait 3\d\d\d s/);
      expect(hub.seen.length).toBe(1);
    },
  );

  it.each([400, 410, 416])("that answers %d is not asked again", async (status) => {
    hub.intercept = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    await refused(resolveModel(model), "network", `answered with ${status}`);
    expect(hub.seen.length).toBe(1);
  });
});

describe("a server that does not come to an end", () => {
  beforeEach(() => vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.4"));

  it.each([
    ["never answers", () => {}],
    ["never ends its answer", (response: ServerResponse) => void response.write("[")],
    [
      "sends a byte now and then",
      (response: ServerResponse) => {
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
  ])("%s", async (_, answer) => {
    hub.intercept = (path, response) => {
      if (!isTree(path)) return false;
      answer(response);
      return true;
    };
    const begin = performance.now();
    await refused(resolveModel(model), "network", /stalled: .* in 0\.4 s/);
    expect(hub.seen.filter(({ path }) => isTree(path)).length).toBe(4);
    expect(performance.now() - begin).toBeLessThan(6000);
  });

  it("goes on with a file that stalled", async () => {
    let stalled = false;
    hub.intercept = (path, response, request) => {
      if (!path.startsWith("/cdn/") || stalled || request.headers.range !== undefined) return false;
      if (!path.endsWith("model.safetensors")) return false;
      stalled = true;
      response
        .writeHead(200, { "Content-Length": weights.length })
        .write(weights.subarray(0, 5000));
      return true;
    };
    const folder = await resolveModel(model);
    expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
    expect(hub.fetches("model.safetensors").at(-1)!.range).toBe("bytes=5000-");
  });

  it("sends a hundred bytes an answer", async () => {
    hub.cuts = Array.from({ length: 3000 }, () => 100);
    await refused(resolveModel(model), "network");
    expect(hub.fetches("spiece.model").length).toBe(4);
  });

  it("is redirected in a circle", async () => {
    hub.intercept = (path, response) => {
      response.writeHead(302, { Location: path }).end();
      return true;
    };
    await refused(resolveModel(model), "network", /redirects in a circle/);
    expect(hub.seen.length).toBeLessThan(30);
  });
});

it("a server that compresses is reported in bytes of the file", async () => {
  const text = Buffer.from(`{"model_type":"siglip"${" ".repeat(100_000)}}`);
  hub.publish("main", { "config.json": text, "model.safetensors": weights });
  hub.intercept = (path, response) => {
    if (!path.endsWith("/config.json")) return false;
    const packed = gzipSync(text);
    response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": packed.length });
    response.end(packed);
    return true;
  };
  const shares: number[] = [];
  await resolveModel(model, { onProgress: ({ loaded, total }) => shares.push(loaded / total) });
  expect([Math.max(...shares), shares.every((share) => share > 0)]).toEqual([1, true]);
});
