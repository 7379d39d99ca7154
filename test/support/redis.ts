import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requires } from "./require.ts";

const program = ["redis-server", "valkey-server"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
if (!program && requires("redis")) throw new Error("REQUIRE=redis: there is no redis-server");

export const hasRedis = program !== undefined;
export const needsRedis = "(needs redis-server or valkey-server; REQUIRE=redis)";

export interface RunningRedis {
  readonly url: string;
  readonly stop: () => void;
}

/** A server with a port and a folder of its own. */
export async function startRedis(): Promise<RunningRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "sigil-redis-"));
  const server = spawn(program!, ["--port", String(port), "--dir", folder, "--save", ""]);
  await new Promise<void>((resolve, reject) => {
    server.stdout.on("data", (text) => {
      if (/Ready to accept connections/.test(String(text))) resolve();
    });
    server.on("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    stop() {
      server.removeAllListeners("exit");
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number };
      server.close(() => resolve(port));
    });
  });
