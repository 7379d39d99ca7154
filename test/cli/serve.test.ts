/** `sigil serve` as a process: it starts, answers, and drains when it is told to end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fixtures } from "../support/golden-cases.ts";
import { writeNaflexCheckpoint } from "../support/naflex-checkpoint.ts";

const command = join(import.meta.dirname, "../../cli/bin/sigil.js");
const checkpoint = join(fixtures, "checkpoints/siglip-shapes");

const start = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [command, "serve", "--port", "0", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  return { child, said: () => said, ended: once(child, "exit") };
};

it("sigil serve serves models by name, and answers what is under way before it ends", async () => {
  const { child, said, ended } = start(`cats=${checkpoint}`, checkpoint);
  await expect.poll(said, { timeout: 50_000 }).toMatch(/listening on http/);
  const [, address] = /listening on (\S+);/.exec(said())!;
  const models = await fetch(`${address}/v2/repository/index`, { method: "POST" });
  expect(await models.json()).toEqual(
    ["cats", "siglip-shapes"].map((name) => ({ name, version: "1", state: "READY" })),
  );
  const body = JSON.stringify({ model: "cats", texts: Array(2000).fill("a red circle") });
  const headers = { "content-type": "application/json" };
  const answer = fetch(`${address}/embed`, { method: "POST", headers, body }).then(
    async (response) => (await response.json()) as { text_embeds: number[][] },
  );
  const metrics = async (): Promise<string> => (await fetch(`${address}/metrics`)).text();
  await expect
    .poll(metrics, { interval: 1, timeout: 30_000 })
    .toMatch(/^sigil_rows_total\{.*cats/m);
  child.kill("SIGTERM");
  expect((await answer).text_embeds).toHaveLength(2000);
  expect(await ended).toEqual([0, null]);
  expect(said()).toMatch(/SIGTERM: waiting for the requests in progress/);
});

it("sigil serve computes with the backend that it is given", async () => {
  const { child, said, ended } = start(checkpoint, "--backend", "wasm");
  await expect.poll(said, { timeout: 50_000 }).toMatch(/listening on http/);
  expect(said()).toMatch(/siglip-shapes on cpu: WebAssembly/);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

it("sigil serve takes NaFlex pictures of as many patches as --max-num-patches says", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sigil-serve-"));
  await writeNaflexCheckpoint(folder);
  const { child, said, ended } = start(`wide=${folder}`, "--max-num-patches", "12");
  await expect.poll(said, { timeout: 50_000 }).toMatch(/listening on http/);
  const [, address] = /listening on (\S+);/.exec(said())!;
  const model = (await (await fetch(`${address}/v2/models/wide`)).json()) as {
    inputs: { name: string; shape: number[] }[];
  };
  expect(model.inputs.find(({ name }) => name === "pixel_values")!.shape).toEqual([-1, 12, 192]);
  const file = readFileSync(join(fixtures, "images/source/png-scene-640x480.png"));
  const answer = await fetch(`${address}/embed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ images: [file.toString("base64")] }),
  });
  expect(((await answer.json()) as { image_embeds: number[][] }).image_embeds[0]).toHaveLength(128);
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  rmSync(folder, { recursive: true });
});

it("sigil serve refuses two models of one name", async () => {
  const { said, ended } = start(checkpoint, checkpoint);
  expect(await ended).toEqual([1, null]);
  expect(said()).toMatch(/error: two models have the name siglip-shapes: rename one/);
});

it("sigil serve says why it cannot listen", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  const used = start(checkpoint, "--port", String(port));
  const elsewhere = start(checkpoint, "--host", "192.0.2.1");
  expect(await used.ended).toEqual([1, null]);
  expect(used.said()).toMatch(
    `error: port ${port} of 127.0.0.1 is in use: choose another with --port, where 0 picks a free`,
  );
  expect(await elsewhere.ended).toEqual([1, null]);
  expect(elsewhere.said()).toMatch("error: 192.0.2.1 is no address of this machine: --host");
  holder.close();
});
