/** What strangers send: each is answered with 4xx, and the process answers the next one. */
import { connect } from "node:net";
import { createServer } from "@sigil/serve";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { bombs } from "../support/picture-bombs.ts";
import { servedShapes } from "./served-shapes.ts";
import { sampleFiles } from "./samples.ts";

const model = await servedShapes();
const app = await createServer([model], {
  version: "1.0.0",
  bodyLimit: 1 << 20,
  limitPixels: 1_000_000,
  requestTimeout: 500,
});
const address = await app.listen({ port: 0 });
afterAll(async () => {
  await app.close();
  await model.session.dispose();
});
afterEach(async () => {
  expect((await fetch(`${address}/v2/health/live`)).status).toBe(200);
});

const post = async (path: string, body: string, type = "application/json") => {
  const response = await fetch(address + path, {
    method: "POST",
    body,
    headers: { "content-type": type },
  });
  const answer = (await response.json()) as { error: string };
  return [response.status, answer.error] as const;
};
const pixels = { name: "pixel_values", datatype: "FP32", shape: [1, 3, 64, 64] };
const ids = { name: "input_ids", datatype: "INT64", shape: [1, 16], data: Array(16).fill(1) };

describe("malformed tensors", () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ["no inputs", { inputs: [] }, /fewer than 1/],
    ["inputs that are no list", { inputs: {} }, /must be array/],
    ["no data", { inputs: [pixels] }, /"pixel_values" has no data/],
    ["too few values", { inputs: [{ ...pixels, data: [1] }] }, /takes 12288 values, but has 1/],
    ["a negative size", { inputs: [{ ...ids, shape: [-1, 16] }] }, />= 0/],
    ["a size beyond memory", { inputs: [{ ...ids, shape: [2147483647, 2147483647, 8] }] }, /shape/],
    [
      "no picture at all",
      { inputs: [{ ...pixels, shape: [0, 3, 64, 64], data: [] }] },
      /at least 1/,
    ],
    ["another datatype", { inputs: [{ ...ids, datatype: "BYTES" }] }, /expected FP32, FP64/],
    [
      "a datatype that every object has",
      { inputs: [{ ...ids, datatype: "toString" }] },
      /expected FP32/,
    ],
    [
      "strings among numbers",
      { inputs: [{ ...ids, data: ["1", ...Array(15).fill(1)] }] },
      /a value at 0 that is not INT64/,
    ],
    ["an id that is no integer", { inputs: [{ ...ids, data: Array(16).fill(0.5) }] }, /not INT64/],
    [
      "an id outside the vocabulary",
      { inputs: [{ ...ids, data: Array(16).fill(1e9) }] },
      /input_ids/,
    ],
    ["a longer text", { inputs: [{ ...ids, shape: [1, 32], data: Array(32).fill(1) }] }, /16/],
    [
      "a picture of another size",
      { inputs: [{ ...pixels, shape: [1, 3, 8, 8], data: Array(192).fill(0) }] },
      /64/,
    ],
    ["an unknown input", { inputs: [{ ...ids, name: "x" }] }, /unknown input "x"/],
    [
      "an input called __proto__",
      { inputs: [{ ...ids, name: "__proto__" }] },
      /unknown input "__proto__"/,
    ],
    ["an input twice", { inputs: [ids, ids] }, /given twice/],
    ["an unknown output", { inputs: [ids], outputs: [{ name: "x" }] }, /unknown output "x"/],
    [
      "binary data that is not there",
      { inputs: [{ ...ids, parameters: { binary_data_size: 128 } }] },
      /128 bytes/,
    ],
  ];
  it.each(cases)("%s", async (_, body, message) => {
    const [status, error] = await post("/v2/models/shapes/infer", JSON.stringify(body));
    expect([status, error]).toEqual([400, expect.stringMatching(message)]);
  });
  it("JSON that is none, or nested without end", async () => {
    for (const body of ["{", "null", "[", "[".repeat(100_000), '{"inputs":'.repeat(1000)])
      expect((await post("/v2/models/shapes/infer", body))[0]).toBe(400);
  });
  it("a length of JSON beyond the body", async () => {
    for (const length of ["1e9", "-1", "x", "3.5"]) {
      const response = await fetch(`${address}/v2/models/shapes/infer`, {
        method: "POST",
        body: "{}",
        headers: { "inference-header-content-length": length },
      });
      expect(response.status, length).toBe(400);
    }
  });
});

describe("pictures", () => {
  it("that claim another size are refused, each by name", { timeout: 120_000 }, async () => {
    for (const { name, data } of bombs) {
      const form = new FormData();
      form.append("images", new Blob([Uint8Array.from(data)]), name);
      const response = await fetch(`${address}/embed`, { method: "POST", body: form });
      expect([name, response.status]).toEqual([name, 400]);
    }
  });
  it("and bodies larger than the limit are refused", async () => {
    const large = "x".repeat((1 << 20) + 1);
    expect((await post("/embed", JSON.stringify({ texts: [large] })))[0]).toBe(413);
    const form = new FormData();
    form.append("images", new Blob([large]), "large.png");
    const response = await fetch(`${address}/embed`, { method: "POST", body: form });
    expect(response.status).toBe(413);
  });
  it("in a form without an end, or of another type, are refused", async () => {
    const type = "multipart/form-data; boundary=b";
    const part = '--b\r\ncontent-disposition: form-data; name="images"; filename="a"\r\n\r\n';
    expect((await post("/embed", `${part}data`, type))[0]).toBe(400);
    expect((await post("/embed", "", "multipart/form-data"))[0]).toBeGreaterThanOrEqual(400);
    expect((await post("/embed", "a=1", "application/x-www-form-urlencoded"))[0]).toBe(415);
  });
});

/** What comes back for bytes that are sent as they are; the connection stays open. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(address).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => (answer += data));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    setTimeout(() => socket.destroy(new Error("the connection stays open")), 40_000).unref();
  });

describe("connections", () => {
  it("that are no HTTP are answered and closed", async () => {
    expect(await raw("hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
  });
  it("that send half a request are given up", { timeout: 60_000 }, async () => {
    const head = "POST /embed HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
    expect(await raw(`${head}content-length: 100\r\n\r\n{`)).toMatch(/^HTTP\/1.1 408 /);
    expect(await raw(head)).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe("more than the server takes", () => {
  it("is refused with 429 and when to come again; the rest is answered", {
    timeout: 60_000,
  }, async () => {
    const small = await createServer([model], { version: "1.0.0", maxWaiting: 4 });
    const url = `${await small.listen({ port: 0 })}/embed`;
    const body = JSON.stringify({
      images: [Buffer.from(sampleFiles(1)[0]!).toString("base64")],
    });
    const headers = { "content-type": "application/json" };
    const responses = await Promise.all(
      Array.from({ length: 60 }, () => fetch(url, { method: "POST", headers, body })),
    );
    const statuses = responses.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (const { status, headers } of responses)
      if (status === 429) expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    await small.close();
  });
});
