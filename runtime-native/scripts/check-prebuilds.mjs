// Before publishing: the addon is there for every platform that the package promises.
import { existsSync } from "node:fs";
import { join } from "node:path";

const promised = [
  "linux-x64/@sigil+runtime-native.glibc.node",
  "linux-x64/@sigil+runtime-native.musl.node",
  "linux-arm64/@sigil+runtime-native.glibc.node",
  "win32-x64/@sigil+runtime-native.node",
  "darwin-arm64/@sigil+runtime-native.node",
  "darwin-x64/@sigil+runtime-native.node",
];
const folder = join(import.meta.dirname, "..", "prebuilds");
const missing = promised.filter((file) => !existsSync(join(folder, file)));
if (missing.length > 0) {
  console.error(
    `no prebuilt addon for ${missing.join(", ")}: the release workflow builds them; npm run ` +
      "prebuild builds this machine's",
  );
  process.exit(1);
}
