// One kernel for each primitive that a card may see differently from the emulator: `--only NAME`
// runs one, `--list` names them, `--build` compiles them into build/gpu/units.fatbin, `--emulated`
// runs them on the emulated driver. Ends with 1 where a result is not what the PTX manual says.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { openDevice } from "@sigil/runtime-cuda";
import { buildEmulated, buildEmulatedDriver } from "@sigil/runtime-cuda/emulated";
import { buildKernels } from "@sigil/runtime-cuda/nvcc";
import { runUnit } from "./units/run-unit.mjs";
import { source, units } from "./units/unit-kernels.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    list: { type: "boolean" },
    build: { type: "boolean" },
    emulated: { type: "boolean" },
    driver: { type: "string" },
  },
});
const file = join(import.meta.dirname, "../../build/gpu/units.fatbin");
const targets = { cubins: ["90a"], ptx: "90a" };

if (values.list) {
  for (const { name } of units) console.log(name);
} else if (values.build) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, (await buildKernels({ units: source }, "hopper", { targets })).image);
} else {
  process.exitCode = (await runAll()) ? 0 : 1;
}

async function imageOf() {
  if (values.emulated) return readFile((await buildEmulated({ units: source })).file);
  if (existsSync(file)) return readFile(file);
  return (await buildKernels({ units: source }, "hopper", { targets })).image;
}

async function runAll() {
  const driver = values.emulated ? await buildEmulatedDriver() : values.driver;
  const { native, info } = await openDevice(driver ? { driver } : {});
  const image = await native.loadImage(await imageOf(), "units");
  let passed = true;
  for (const unit of units) {
    if (values.only && !values.only.includes(unit.name)) continue;
    const result = await runUnit(native, image, unit).catch((error) => ({
      passed: false,
      detail: `${error.name}: ${error.message}`,
      // A device that has failed once answers every call with the same error.
      lost: true,
    }));
    passed &&= result.passed;
    console.log(`${result.passed ? "ok  " : "FAIL"} ${unit.name.padEnd(40)} ${result.detail}`);
    if (result.lost) break;
  }
  await native.close();
  console.log(`on ${info.name}`);
  return passed;
}
