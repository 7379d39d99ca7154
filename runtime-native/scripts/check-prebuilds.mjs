// Before publishing: the addon is there for every platform that the package promises.
import { existsSync } from "node:fs";
import { join } from "node:path";

const promised = ["linux-x64", "linux-arm64"];
const folder = join(import.meta.dirname, "..", "prebuilds");
const missing = promised.filter((platform) => !existsSync(join(folder, platform)));
if (missing.length > 0) {
  console.error(
    `no prebuilt addon for ${missing.join(", ")}: the release workflow builds them; npm run ` +
      "prebuild builds this machine's",
  );
  process.exit(1);
}
