/** `sigil serve` under many clients, beside `sigil embed` and transformers.js behind fastify. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

const here = import.meta.dirname;
const sigil = join(here, "../../cli/bin/sigil.js");
const clients = 64;
/** Pictures of the shorter and the longer run of `sigil embed`; what differs is the rate. */
const counts = { "siglip-shapes": [500, 4500], "siglip-base-patch16-224": [10, 330] };

/** Results by model; `seconds`: how long each server is under load. */
export async function benchServing({ table, row, failures, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), "sigil-bench-serving-"));
  const results = { clients, seconds, processors: availableParallelism() };
  try {
    execFileSync("node", [join(here, "prepare-serving.mjs"), folder], { stdio: "inherit" });
    table(
      `Image towers served to ${clients} clients for ${seconds} s, one picture a request`,
      "model",
      "side",
      "pictures/s",
      "to sigil embed",
      "p50, ms",
      "p99, ms",
      "errors",
      "resident after a tenth, at the end, most, MB",
    );
    for (const name of Object.keys(counts)) {
      const model = join(folder, name);
      const pictures = join(folder, "pictures", name);
      const files = readdirSync(pictures).map((file) => join(pictures, file));
      // Before and after Sigil's server, so that a machine that slows down slows both.
      const before = embedRate(model, files, counts[name], folder);
      const served = await underLoad([sigil, "serve", model, "--port", "0"], files, seconds);
      const embed = (before + embedRate(model, files, counts[name], folder)) / 2;
      const peer = [join(here, "transformers-server.mjs"), model];
      const sides = {
        "sigil serve": served,
        "transformers.js": await underLoad(peer, files, seconds),
      };
      row(name, "sigil embed", embed.toFixed(1), "1.00", "", "", "", "");
      results[name] = { "sigil embed": { perSecond: embed } };
      for (const [side, one] of Object.entries(sides)) {
        results[name][side] = one;
        const [early, late, most] = one.resident.map((bytes) => (bytes / 1e6).toFixed(0));
        row(
          name,
          one.backend === undefined ? side : `${side} on ${one.backend}`,
          one.perSecond.toFixed(1),
          (one.perSecond / embed).toFixed(2),
          one.p50?.toFixed(0) ?? "",
          one.p99?.toFixed(0) ?? "",
          one.errors,
          `${early}, ${late}, ${most}`,
        );
        if (side === "sigil serve" && one.errors > 0)
          failures.push(`${name}: ${one.errors} requests failed`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return results;
}

/** Pictures a second of one process, without its start. */
function embedRate(model, files, [few, many], folder) {
  const [short, long] = [few, many].map((count) => {
    const list = join(folder, "list");
    const lines = Array.from({ length: count }, (_, i) => files[i % files.length]);
    writeFileSync(list, lines.join("\n"));
    const out = join(folder, "embedded");
    const begin = performance.now();
    const options = ["--model", model, "--list", list, "--format", "safetensors", "--out", out];
    execFileSync("node", [sigil, "embed", ...options], { stdio: "ignore" });
    const seconds = (performance.now() - begin) / 1000;
    rmSync(out, { recursive: true });
    return seconds;
  });
  return (many - few) / (long - short);
}

/** Starts a server, warms it up, measures it, and ends it. */
async function underLoad(command, files, seconds) {
  const server = spawn("node", command, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  try {
    const address = await new Promise((resolve, reject) => {
      const look = (part) => {
        said += part;
        const [, found] = /(http:\/\/127\.0\.0\.1:\d+)(?!\S*\/v2)/.exec(said) ?? [];
        if (found) resolve(found);
      };
      server.stdout.on("data", look);
      server.stderr.on("data", look);
      server.on("exit", () => reject(new Error(`${command.join(" ")} ended: ${said}`)));
    });
    await load(address, files, Math.min(5, seconds / 4));
    const resident = [];
    const watch = setInterval(() => resident.push(residentBytes(server.pid)), 500);
    const result = await load(address, files, seconds);
    clearInterval(watch);
    const [early, late] = [resident[Math.floor(resident.length / 10)], resident.at(-1)];
    // What `sigil serve` says of a model; an addon that is stale would leave WebAssembly.
    const [, backend] = /\/v2\/models\/\S+ on (.*)$/m.exec(said) ?? [];
    return { ...result, backend, resident: [early, late, Math.max(...resident)] };
  } finally {
    server.kill("SIGKILL");
  }
}

function load(address, files, seconds) {
  const client = [join(here, "load.mjs"), `${address}/embed`, clients, seconds, ...files];
  return new Promise((resolve, reject) => {
    const child = spawn("node", client.map(String), { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (part) => (said += part));
    child.on("exit", (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`load.mjs: status ${code}`)),
    );
  });
}

const residentBytes = (pid) =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
