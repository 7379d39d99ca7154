/**
 * The addon against whatever JavaScript can hand it: it refuses, it never takes the process along.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { loadAddon } from "@sigil/runtime-cuda";
import { describe, expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import { foldLaunch, nullImage } from "./null-model.ts";

const calls = 20_000;

describe.skipIf(!emulatedDriver)(`the addon ${needsGxx}`, { timeout: 120_000 }, () => {
  it("refuses to look for a driver nowhere", () => {
    expect(() => loadAddon().openDriver([])).toThrow(/expected paths of drivers, received none/);
  });

  it.each([1, 2, 3])(`survives ${calls} calls of any kind, seed %i`, (seed) => {
    const { status, signal, stdout, stderr } = spawnSync(
      "node",
      [join(import.meta.dirname, "addon-fuzz.mjs"), emulatedDriver!, String(seed), String(calls)],
      {
        encoding: "utf8",
        timeout: 100_000,
        env: { ...process.env, SIGIL_EMULATED_MEMORY: "1000000000" },
      },
    );
    expect([signal, status, stderr]).toEqual([null, 0, ""]);
    const { ends, odd } = JSON.parse(stdout) as {
      ends: { fulfilled: number; refused: number; failed: number };
      odd: string[];
    };
    expect(odd).toEqual([]);
    for (const count of Object.values(ends)) expect(count).toBeGreaterThan(calls / 20);
  });

  it("has copied what it is given when a call returns", async () => {
    const driver = await loadAddon().openDriver([emulatedDriver!]);
    const device = driver.device();
    await device.open(0, 1 << 16);
    const bytes = 1 << 20;
    const place = await device.allocate(bytes, "a buffer");
    const { id: image } = await device.loadImage(nullImage(), "kernels");
    const { id: kernel } = await device.takeKernel(image, "fold_0", 0);
    const launch = foldLaunch(kernel, place);
    for (const [wrong, message] of [
      [{ offsets: [0] }, /takes 2 parameters, received 1/],
      [{ offsets: [0, 12] }, /parameter 1 ends behind/],
    ] as const)
      for (const send of ["launch", "addGraph"] as const)
        await expect(device[send]([{ ...launch, ...wrong }])).rejects.toMatchObject({
          code: "handle",
          message: expect.stringMatching(message),
        });
    expect(() => device.launch([{ ...launch, offsets: [0, 16] }])).toThrow(TypeError);
    const graph = await device.addGraph([launch]);
    const data = new Uint8Array(bytes).fill(5);
    const upload = { device: place, data, about: "input" };
    const download = { device: place, bytes, about: "output" };
    const runs = [1, 2, 3].map(() => device.run(graph, [upload], [download], false, "a run"));
    structuredClone(data, { transfer: [data.buffer] });
    for (const { outputs } of await Promise.all(runs))
      expect(new Uint8Array(outputs[0]!).every((byte) => byte === 5)).toBe(true);
    await expect(
      device.run(graph, [], [{ ...download, bytes: bytes + 1 }], false, "a run"),
    ).rejects.toMatchObject({ code: "handle", message: /not within one buffer/ });
    await expect(
      device.upload([{ ...upload, device: place - 256n, data: new Uint8Array(300) }]),
    ).rejects.toMatchObject({ code: "handle" });
    await device.close();
    await expect(device.close()).rejects.toMatchObject({ code: "closed" });
  });
});
