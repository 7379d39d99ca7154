/** The pinned memory that inputs of runs are copied into. */
import { setTimeout } from "node:timers/promises";
import { loadAddon, openCudaSession } from "@sigil/runtime-cuda";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import {
  artifact,
  foldLaunch,
  inputs,
  nullImage,
  plan,
  recorded,
  source,
  type CallRecord,
} from "./null-model.ts";

type NativeDevice = ReturnType<
  Awaited<ReturnType<ReturnType<typeof loadAddon>["openDriver"]>>["device"]
>;

/** Eight blocks: two for what is staged, and six that inputs may take. */
const block = 8192;
const stagingBytes = 8 * block;
const inputBytes = 2.5 * block;
const bufferBytes = 1 << 20;

/** Each value among bytes, once. */
const valuesOf = (bytes: ArrayBuffer): readonly number[] => [...new Set(new Uint8Array(bytes))];

/** A device with a graph that does nothing, and a buffer. */
class Opened {
  readonly native: NativeDevice;
  readonly graph: number;
  readonly place: bigint;

  constructor(native: NativeDevice, graph: number, place: bigint) {
    this.native = native;
    this.graph = graph;
    this.place = place;
  }

  /**
   * Sends `length` bytes of a value, and overwrites them when the call returns. Returns the values
   * of the bytes that came back.
   */
  async run(value: number, length = inputBytes): Promise<readonly number[]> {
    const data = new Uint8Array(length).fill(value);
    const running = this.native.run(
      this.graph,
      [{ device: this.place, data, about: "input" }],
      [{ device: this.place, bytes: length, about: "output" }],
      false,
      "a run",
    );
    data.fill(0xee);
    return valuesOf((await running).outputs[0]!);
  }
}

async function open(bytes = stagingBytes): Promise<Opened> {
  const native = (await loadAddon().openDriver([emulatedDriver!])).device();
  await native.open(0, bytes);
  const place = await native.allocate(bufferBytes, "a buffer");
  const { id: image } = await native.loadImage(nullImage(), "kernels");
  const { id: kernel } = await native.takeKernel(image, "fold_0", 0);
  const graph = await native.addGraph([foldLaunch(kernel, place)]);
  return new Opened(native, graph, place);
}

const count = (calls: readonly CallRecord[], name: string): number =>
  calls.filter(({ call }) => call === name).length;

const filled = (value: number, length = inputBytes): Uint8Array =>
  new Uint8Array(length).fill(value);

describe.skipIf(!emulatedDriver)(
  `pinned memory for inputs ${needsGxx}`,
  { timeout: 120_000 },
  () => {
    it("is allocated in the first run and serves all later ones", async () => {
      const { calls, problems } = await recorded({}, async () => {
        const device = await open();
        for (let i = 0; i < 20; i++) expect(await device.run(i)).toEqual([i]);
        await device.native.close();
      });
      expect(problems).toEqual([]);
      const allocated = calls.filter(({ call }) => call === "cuMemHostAlloc");
      expect(allocated.map(({ bytes }) => bytes)).toEqual(Array(2 + 3).fill(block));
      expect(count(calls, "cuMemFreeHost")).toBe(allocated.length);
    });

    it("is what the device reads, so that nothing is staged", async () => {
      const device = await open();
      await device.run(1);
      const { calls } = await recorded({}, async () => {
        const data = filled(2);
        await device.native.run(
          device.graph,
          [{ device: device.place, data, about: "input" }],
          [],
          false,
          "a run",
        );
      });
      expect(calls.map(({ call, bytes }) => [call, bytes])).toEqual([
        ["cuMemcpyHtoDAsync", block],
        ["cuMemcpyHtoDAsync", block],
        ["cuMemcpyHtoDAsync", block / 2],
        ["cuGraphLaunch", undefined],
        ["cuStreamSynchronize", undefined],
      ]);
      await device.native.close();
    });

    it("holds the small inputs of a run one behind the other", async () => {
      const { calls, problems } = await recorded({}, async () => {
        const { native, graph, place } = await open();
        const at = [0, 1, 2].map((i) => place + 1000n * BigInt(i));
        for (let value = 0; value < 30; value += 3) {
          const { outputs } = await native.run(
            graph,
            at.map((device, i) => ({ device, data: filled(value + i, 300 * i), about: "input" })),
            at.map((device, i) => ({ device, bytes: 300 * i, about: "output" })),
            false,
            "a run",
          );
          expect(outputs.map((output) => new Uint8Array(output))).toEqual(
            at.map((_, i) => filled(value + i, 300 * i)),
          );
        }
        await native.close();
      });
      expect(problems).toEqual([]);
      expect(count(calls, "cuMemHostAlloc")).toBe(2 + 1);
    });

    it("is filled for a run while the one ahead computes, and for no others", async () => {
      const { problems } = await recorded({ SLOW: "200" }, async () => {
        const session = await openCudaSession(artifact(), source(), { driver: emulatedDriver! });
        const program = await session.load(plan.programs[0]!);
        const run = ({ x, ids }: ReturnType<typeof inputs>) =>
          program.run({ x: x.data, ids: ids.data }, { batch: 2 });
        // Makes the graph, so that the others need no other answer of the device.
        await run(inputs(2));
        const given = [1, 2, 3].map(() => inputs(2));
        const running = given.map(run);
        // Its two launches take 400 ms.
        expect(await Promise.race([running[0]!, setTimeout(200)])).toBeUndefined();
        for (const { x } of given) x.data.fill(-1);
        const results = await Promise.all(running);
        expect(results.map(({ y }) => y!.data[1])).toEqual([1, 1, -1]);
        await session.dispose();
      });
      expect(problems).toEqual([]);
    });

    it("has a bound, beyond which inputs are staged", async () => {
      const { calls, problems } = await recorded({}, async () => {
        const device = await open();
        for (let round = 0; round < 5; round++) {
          const values = [1, 2, 3, 4].map((i) => 10 * round + i);
          const results = await Promise.all(values.map((value) => device.run(value)));
          expect(results).toEqual(values.map((value) => [value]));
        }
        expect(await device.run(7, bufferBytes)).toEqual([7]);
        await device.native.close();
      });
      expect(problems).toEqual([]);
      expect(count(calls, "cuMemHostAlloc")).toBe(stagingBytes / block);
    });

    it("is not there for a session with too little memory for more than staging", async () => {
      const { calls, problems } = await recorded({}, async () => {
        const device = await open(0);
        for (const value of [1, 2]) expect(await device.run(value)).toEqual([value]);
        await device.native.close();
      });
      expect(problems).toEqual([]);
      expect(count(calls, "cuMemHostAlloc")).toBe(2);
    });

    it("may be refused by the driver, which is asked no more", async () => {
      const { calls, problems } = await recorded({ FAIL: "cuMemHostAlloc:4=2" }, async () => {
        const device = await open();
        for (let i = 0; i < 5; i++) expect(await device.run(i)).toEqual([i]);
        await device.native.close();
      });
      expect(problems).toEqual([]);
      expect(count(calls, "cuMemHostAlloc")).toBe(4);
      expect(count(calls, "cuMemFreeHost")).toBe(3);
    });

    it("is free again when a run fails, once its copies have ended", async () => {
      const { calls, problems } = await recorded({ FAIL: "cuGraphLaunch:2=1" }, async () => {
        const device = await open();
        await device.run(1);
        await expect(device.run(2)).rejects.toMatchObject({ code: "driver" });
        for (const value of [3, 4]) expect(await device.run(value)).toEqual([value]);
        await device.native.close();
      });
      expect(problems).toEqual([]);
      expect(count(calls, "cuMemHostAlloc")).toBe(2 + 3);
      const failed = calls.findIndex(
        ({ call, status }) => call === "cuGraphLaunch" && status !== 0,
      );
      const next = calls.slice(failed + 1).find(({ call }) => !call!.startsWith("cuGetError"));
      expect(next?.call).toBe("cuStreamSynchronize");
    });

    it.each([
      ["closes the device", "closed", (native: NativeDevice) => native.close()],
      ["opens it again", "handle", (native: NativeDevice) => native.open(0, stagingBytes)],
    ] as const)("outlives a getter of an argument that %s", async (_, code, act) => {
      for (const where of ["upload", "download"] as const) {
        const { problems } = await recorded({}, async () => {
          const { native, graph, place } = await open();
          const data = filled(1, bufferBytes);
          const upload = { device: place, data, about: "input" };
          const download = { device: place, bytes: 16, about: "output" };
          await native.run(graph, [upload], [download], false, "a run");
          let acted: Promise<void> | undefined;
          const actNow = (): string => {
            acted = act(native);
            // The device's thread does so while this one goes on to copy.
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
            return "a getter";
          };
          const hostile = <T extends object>(fields: T): T & { readonly about: string } =>
            Object.defineProperty({ ...fields, about: "" }, "about", { get: actNow });
          const uploads = [upload, ...(where === "upload" ? [hostile(upload)] : [])];
          const downloads = [where === "upload" ? download : hostile(download)];
          await expect(native.run(graph, uploads, downloads, false, "a run")).rejects.toMatchObject(
            { code },
          );
          await acted;
          await native.close().catch(() => {});
        });
        expect(problems).toEqual([]);
      }
    });
  },
);
