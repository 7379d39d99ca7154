/** Installs the peers into bench/node_modules unless what is there is what the lock file says. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";

export function installPeers(cwd) {
  const changed = (file) => statSync(join(cwd, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changed("node_modules/.package-lock.json") >= changed("package-lock.json")) return;
  console.error("installing the peers into bench/node_modules");
  // onnxruntime-node's install script only downloads its CUDA parts.
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
}
