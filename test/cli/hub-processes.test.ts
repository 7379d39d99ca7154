/** One cache, several processes: what one of them does wrong is not what another one finds. */
import { spawn } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveModel } from "../../cli/dist/hub/resolve-model.js";
import { hasOwnDisks, onDisk } from "../support/small-disk.ts";
import { runProgram } from "../support/run-program.ts";
import {
  blob,
  config,
  files,
  home,
  hub,
  model,
  partials,
  storage,
  weights,
} from "./hub/hub-setup.ts";

const { href } = new URL("../../cli/dist/hub/resolve-model.js", import.meta.url);
const script = `
  const { resolveModel } = await import(${JSON.stringify(href)});
  const onNotice = (notice) => console.log("notice", notice);
  await resolveModel("org/tiny", { onNotice }).then(
    (folder) => console.log("folder", folder),
    ({ name, code, message }) => console.log(name, code, message),
  );`;
const node = ["--input-type=module", "-e", script] as const;
const fetchElsewhere = () => runProgram("node", node);
const isWeights = (path: string): boolean =>
  path.startsWith("/cdn/") && path.endsWith("model.safetensors");
const wholeWeights = (): boolean => readFileSync(blob(weights)).equals(weights);

describe("two processes", () => {
  it("do not write into each other's file: late wrong bytes stay out of the cache", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    let sendRest: (() => void) | undefined;
    const held = new Promise<void>((begun) => {
      hub.intercept = (path, response) => {
        if (!isWeights(path) || sendRest !== undefined) return false;
        response
          .writeHead(200, { "Content-Length": weights.length })
          .write(weights.subarray(0, 100_000));
        sendRest = () => void response.end(Buffer.alloc(weights.length - 100_000, 0xbd));
        begun();
        return true;
      };
    });
    const slow = fetchElsewhere();
    await held;
    const quick = await fetchElsewhere();
    expect([quick.stdout, wholeWeights()]).toEqual([expect.stringContaining("folder"), true]);
    sendRest!();
    // It finds that its bytes are wrong, and that the cache has the right ones.
    expect((await slow).stdout).toBe(quick.stdout);
    expect([wholeWeights(), partials()]).toEqual([true, []]);
  });

  it("that are both sent wrong bytes both say so", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    hub.tamper = (name, bytes) => (name === "config.json" ? bytes : Buffer.alloc(bytes.length));
    const ended = await Promise.all([fetchElsewhere(), fetchElsewhere()]);
    for (const { stdout } of ended) expect(stdout).toMatch(/^HubError corrupt .*arrived damaged/);
    expect([existsSync(blob(weights)), partials()]).toEqual([false, []]);
  });

  it("share what one of them left when it was killed", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    const child = spawn("node", node);
    const ended = new Promise((resolve) => child.on("close", resolve));
    await new Promise<void>((begun) => {
      hub.intercept = (path, response) => {
        if (!isWeights(path)) return false;
        response.writeHead(200, { "Content-Length": weights.length });
        response.write(weights.subarray(0, 100_000), () => setTimeout(begun, 300));
        return true;
      };
    });
    expect(partials().map((path) => lstatSync(path).size)).toEqual([100_000]);
    hub.intercept = () => false;
    // While it lives its file is its own.
    await resolveModel(model, { files: ["config.json"] });
    expect(partials().length).toBe(1);
    child.kill("SIGKILL");
    await ended;
    hub.seen.length = 0;
    expect((await fetchElsewhere()).stdout).toMatch(/^folder/);
    expect(hub.fetches("model.safetensors").map(({ range }) => range)).toEqual(["bytes=100000-"]);
    expect([wholeWeights(), partials()]).toEqual([true, []]);
  });
});

describe("what lies in the cache already", () => {
  it("is no place to write through: links at names of partial files are not followed", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    mkdirSync(join(storage, "blobs"), { recursive: true });
    const victim = join(home, "victim");
    writeFileSync(victim, "mine");
    const left = JSON.parse(
      (await runProgram("node", ["-p", "JSON.stringify(process.pid)"])).stdout,
    ) as number;
    for (const name of [
      ".incomplete",
      `.00000000-${left}-000000000000.incomplete`,
      `.00000000-1-0.incomplete`,
    ])
      symlinkSync(victim, `${blob(weights)}${name}`);
    await resolveModel(model);
    expect([readFileSync(victim, "utf8"), wholeWeights()]).toEqual(["mine", true]);
  });

  it("is checked before it is used: a blob of wrong bytes is fetched again", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    mkdirSync(join(storage, "blobs"), { recursive: true });
    writeFileSync(blob(weights), Buffer.alloc(weights.length));
    await resolveModel(model);
    expect(wholeWeights()).toBe(true);
  });
});

describe.skipIf(!hasOwnDisks)("a cache", () => {
  it("that is full is named, with the file, and keeps what fits for later", async () => {
    hub.publish("main", { "config.json": config, "model.safetensors": weights });
    const { stdout } = await onDisk(home, "128k", ["node", ...node]);
    expect(stdout).toBe(
      `HubError cache cannot write ${blob(weights)}: no space is left on its disk ` +
        `(HF_HUB_CACHE names another folder for the cache)\n`,
    );
  });

  it("that is read-only is used where it is whole, and named where it is not", async () => {
    hub.publish("main", files);
    const empty = await onDisk(home, "read-only", ["node", ...node]);
    expect(empty.stdout).toMatch(
      /^HubError cache cannot write .*: its file system is read-only \(HF_HUB_CACHE/,
    );
    const folder = await resolveModel(model);
    const whole = await onDisk(home, "read-only", ["node", ...node]);
    expect(whole.stdout).toBe(`folder ${folder}\n`);
    hub.publish("main", { ...files, "config.json": Buffer.from('{"model_type":"siglip2"}') });
    const old = await onDisk(home, "read-only", ["node", ...node]);
    expect(old.stdout).toMatch(
      /^notice cannot write .* read-only .*; using what the cache has of org\/tiny/,
    );
    expect(old.stdout).toContain(`folder ${folder}\n`);
  });
});
