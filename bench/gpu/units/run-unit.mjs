/** Runs a unit on an opened device and says how its result differs from the manual's. */
import { packParameters } from "../../../runtime-cuda/dist/parameters.js";

/** `{ passed, detail }`; `image` is what loadImage gave. */
export async function runUnit(native, image, unit) {
  const inputs = [];
  for (const input of unit.inputs)
    inputs.push(await native.allocate(Math.max(256, input.byteLength), unit.name));
  const out = await native.allocate(Math.max(256, unit.outputBytes), unit.name);
  const untouched = new Uint8Array(unit.outputBytes).fill(0xee);
  const uploads = unit.inputs.map((data, i) => ({ device: inputs[i], data, about: unit.name }));
  uploads.push({ device: out, data: untouched, about: unit.name });
  await native.upload(uploads);
  const launches = [];
  for (const launch of unit.launches) launches.push(await bind(native, image, launch, inputs, out));
  const graph = await native.addGraph(launches);
  const downloads = [{ device: out, bytes: unit.outputBytes, about: unit.name }];
  const { outputs } = await native.run(graph, [], downloads, false, unit.name);
  await native.dropGraph(graph);
  return compare(new unit.expected.constructor(outputs[0]), unit.expected);
}

async function bind(native, image, launch, inputs, out) {
  const { id } = await native.takeKernel(image.id, launch.kernel, launch.sharedBytes);
  const isInt = (argument) => typeof argument === "object";
  const pointers = launch.arguments.filter((argument) => !isInt(argument));
  const operands = pointers.map((argument) => (argument === "out" ? out : inputs[argument]));
  // Maps name an input, which need not be an argument: theirs come after the arguments' pointers.
  const packed = packParameters(
    operands,
    launch.arguments.filter(isInt).map(({ int }) => int),
    (launch.maps ?? []).map(({ input: _, ...map }) => ({ ...map, operand: 0 })),
    {},
  );
  const maps = packed.maps.map((map, i) => {
    const { input, offset } = launch.maps[i];
    return { ...map, address: inputs[input] + BigInt(offset) };
  });
  return {
    kernel: id,
    grid: [launch.grid ?? 1],
    threads: launch.threads,
    cluster: launch.cluster ?? 0,
    sharedBytes: launch.sharedBytes,
    programmatic: launch.programmatic ?? false,
    parameters: packed.parameters,
    offsets: packed.offsets,
    maps,
    about: launch.kernel,
  };
}

function compare(actual, expected) {
  const wrong = [];
  for (let i = 0; i < expected.length; i++) if (actual[i] !== expected[i]) wrong.push(i);
  if (wrong.length === 0)
    return { passed: true, detail: `${expected.length} values as the manual says` };
  const shown = wrong
    .slice(0, 6)
    .map((i) => `[${i}] is ${actual[i]}, not ${expected[i]}`)
    .join("; ");
  return { passed: false, detail: `${wrong.length} of ${expected.length} differ: ${shown}` };
}
