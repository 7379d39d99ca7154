import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { threadModule } from "../../serve/dist/pictures/prepare-pictures.js";

// Otherwise a server that closes within a second may abort its process: about one in a hundred
// threads that ended while they loaded did so on two busy cores.
it("threads require no ECMAScript modules, which Node 20 cannot interrupt", () => {
  const script = `require(${JSON.stringify(fileURLToPath(threadModule))})`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--no-experimental-require-module", "-e", script],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
