/**
 * Hands the addon what JavaScript can: `node addon-fuzz.mjs DRIVER SEED CALLS`. Prints how its
 * calls ended, as JSON; anything but a fulfilled promise, a TypeError or a coded error is listed.
 */
import { loadAddon } from "@sigil/runtime-cuda";
import { nullImage } from "../../build/test/runtime-cuda/null-model.js";

const [driverPath, seed, calls] = process.argv.slice(2);
let state = Number(seed) >>> 0;
/** From 0 to `most` - 1 (mulberry32). */
const random = (most) => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % most;
};
const pick = (list) => list[random(list.length)];

const detached = () => {
  const data = new Uint8Array(64);
  structuredClone(data, { transfer: [data.buffer] });
  return data;
};
const shrunk = () => {
  const buffer = new ArrayBuffer(64, { maxByteLength: 64 });
  const data = new Float32Array(buffer, 16, 8);
  buffer.resize(8);
  return data;
};
const hostile = [
  () => undefined,
  () => null,
  () => true,
  () => NaN,
  () => -1,
  () => 0.5,
  () => 2 ** 31,
  () => 2 ** 32,
  () => 2 ** 53,
  () => 1e300,
  () => Infinity,
  () => "",
  () => "a\0b",
  () => "x".repeat(100_000),
  () => Symbol("s"),
  () => -1n,
  () => 0n,
  () => 2n ** 63n,
  () => 2n ** 64n,
  () => [],
  () => new Array(4_294_967_295),
  () => [undefined, null],
  () => ({}),
  () => () => 1,
  () => new DataView(new ArrayBuffer(8)),
  () => new ArrayBuffer(8),
  () => new BigUint64Array(3),
  () => new Uint8Array(new SharedArrayBuffer(300)),
  detached,
  shrunk,
  () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new RangeError("a getter that throws");
        },
      },
    ),
];
/** `value`, or now and then something else. */
const perhaps = (value) => (random(12) === 0 ? pick(hostile)() : value);

const device = { pointers: [0n, 1n], images: [], kernels: [], graphs: [] };
const number = () => perhaps(pick([0, 1, 2, 3, 8, 64, 256, 65_536, 2 ** 31 - 1]));
const pointer = () =>
  perhaps(pick(device.pointers) + pick([0n, 0n, 0n, 4n, 256n, 4000n, 2n ** 40n]));
const about = () => perhaps(pick(["a", "weights of net"]));
const object = (fields) =>
  perhaps(Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, perhaps(value)])));
const list = (make) => perhaps(Array.from({ length: random(4) }, make));
/** Those of the call that is being made. */
const views = [];
const view = (made) => (views.push(made), made);
const data = () =>
  perhaps(
    pick([() => view(new Float32Array(64)), () => view(new Uint16Array(3)), detached, shrunk])(),
  );
const map = () =>
  object({
    at: number(),
    address: pointer(),
    type: number(),
    swizzle: number(),
    sizes: list(number),
    strides: list(number),
    box: list(number),
  });
/** What a kernel takes is mostly addresses that there are, since a fault of one ends the device. */
const parameters = () => {
  const place = device.pointers.at(-1);
  const bytes = new Uint8Array(BigUint64Array.from({ length: 32 }, () => place).buffer);
  return bytes.slice(0, pick([0, 16, 20, 32, 256]));
};
const launch = () =>
  object({
    kernel: perhaps(pick([...device.kernels, 1])),
    grid: list(number),
    threads: number(),
    cluster: pick([0, 1, 2, number()]),
    sharedBytes: pick([0, number()]),
    programmatic: random(2) === 0,
    parameters: perhaps(view(parameters())),
    offsets: perhaps(pick([[0, 8], [0, 8, 16, 24, 28], list(number)])),
    maps: random(3) === 0 ? list(map) : [],
    about: about(),
  });
const upload = () => object({ device: pointer(), data: data(), about: about() });
const download = () => object({ device: pointer(), bytes: number(), about: about() });
const methods = {
  allocate: () => [perhaps(pick([0, 1, 256, 4096, 2 ** 45])), about()],
  free: () => [perhaps(pick(device.pointers))],
  upload: () => [list(upload)],
  loadImage: () => [
    perhaps(
      pick([
        () => view(nullImage()),
        () => nullImage().subarray(0, random(100)),
        () => new Uint8Array(random(200)).fill(7),
        () => Uint8Array.of(0x50, 0xed, 0x55, 0xba, ...new Uint8Array(90).fill(random(256))),
        () => Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, ...new Uint8Array(90).fill(200 + random(50))),
      ])(),
    ),
    about(),
  ],
  takeKernel: () => [
    perhaps(pick([...device.images, 1])),
    perhaps(pick(["gemm_0", "gemm_1", "fold_0", "none"])),
    pick([0, number()]),
  ],
  launch: () => [list(launch)],
  addGraph: () => [list(launch)],
  updateGraph: () => [perhaps(pick([...device.graphs, 1])), list(launch)],
  dropGraph: () => [perhaps(pick([...device.graphs, 1]))],
  run: () => [
    perhaps(pick([...device.graphs, 1])),
    list(upload),
    list(download),
    perhaps(random(2) === 0),
    about(),
  ],
  repeat: () => [perhaps(pick([...device.graphs, 1])), perhaps(pick([0, 1, 5])), about()],
};

const ends = { fulfilled: 0, refused: 0, failed: 0 };
const odd = [];
const call = async (name, self, method, args) => {
  let promise;
  try {
    promise = method.apply(self, args);
  } catch (error) {
    // A TypeError of the addon or of V8, or what a getter threw.
    if (error instanceof TypeError || error instanceof RangeError) ends.refused++;
    else odd.push(`${name} threw ${error?.name}: ${error?.message}`);
    return undefined;
  }
  // Its arguments are the caller's again: what they view goes away before the device's thread
  // looks.
  for (const given of views.splice(0))
    if (random(2) === 0 && given.byteLength > 0)
      structuredClone(given, { transfer: [given.buffer] });
  try {
    const value = await promise;
    ends.fulfilled++;
    return value;
  } catch (error) {
    if (typeof error?.code === "string" && typeof error.call === "string") ends.failed++;
    else odd.push(`${name} rejected with ${error?.name}: ${error?.message}`);
    return undefined;
  }
};

const addon = loadAddon();
for (const make of hostile) await call("openDriver", addon, addon.openDriver, [make()]);
for (const make of hostile) await call("openDriver", addon, addon.openDriver, [[make()]]);
const driver = await addon.openDriver([driverPath]);
let native;
const begin = async () => {
  native = driver.device();
  Object.assign(device, { pointers: [0n, 1n], images: [], kernels: [], graphs: [] });
  if (random(8) > 0) await native.open(0, pick([0, 1, 4096, 1 << 20])).catch(() => {});
};
await begin();
for (const self of [undefined, {}, driver]) await call("run", self, native.run, methods.run());
await call("device", undefined, () => new native.constructor(), []);
for (let i = 0; i < Number(calls); i++) {
  const name = pick(Object.keys(methods));
  const args = methods[name]();
  // Some wait for one another, some are queued together.
  const ended = call(name, native, native[name], args).then((value) => {
    if (value === undefined) return;
    if (name === "allocate") device.pointers.push(value);
    if (name === "loadImage") device.images.push(value.id);
    if (name === "takeKernel") device.kernels.push(value.id);
    if (name === "addGraph") device.graphs.push(value);
  });
  if (random(4) > 0) await ended;
  if (i % 1500 === 1499) {
    const closing = [
      call("close", native, native.close, []),
      call("close", native, native.close, []),
    ];
    if (random(2) === 0) await Promise.all(closing);
    await begin();
  }
}
await native.close().catch(() => {});
console.log(JSON.stringify({ ends, odd: odd.slice(0, 20) }));
