/**
 * Pictures that a page has on its GPU, or hands to it, in a model compiled for bytes: the
 * embeddings of what the image processor makes of them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compile } from "@sigil/compiler";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importMap } from "./import-map.ts";
import { shapesSpec } from "../support/shapes-checkpoint.ts";
import { checkpoint } from "./page.ts";
import { serve, type Served } from "./serve.ts";
import { requires } from "../support/require.ts";

const root = join(import.meta.dirname, "../..");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const required = requires("browser");

const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
${importMap}
<script type="module">
  import {
    decodeImageBlob,
    openSafetensors,
    SiglipImageProcessor,
    SiglipModel,
    urlSource,
  } from "@sigil/runtime";
  import { openWebGpuSession } from "@sigil/runtime-webgpu";
  import { PictureUploader } from "@sigil/runtime-webgpu/pictures";
  const devices = [];
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...options) {
    devices.push(await requestDevice.apply(this, options));
    return devices.at(-1);
  };
  /** The embeddings of one picture in every form that it can take. */
  window.embed = async (url) => {
    const artifact = await (await fetch("/artifact.json")).json();
    const model = new SiglipModel(
      await openWebGpuSession(
        artifact,
        await openSafetensors(await urlSource("${checkpoint}/model.safetensors")),
      ),
    );
    const blob = await (await fetch(url)).blob();
    const { pixelValues: data, shape } = new SiglipImageProcessor({
      size: { height: 64, width: 64 },
    }).preprocessBytes([await decodeImageBlob(blob)]);
    const uploader = new PictureUploader({ height: 64, width: 64 });
    const embedding = async (pixelValues) =>
      Array.from((await model.getImageFeatures({ pixelValues })).data);
    const bitmap = await createImageBitmap(blob, {
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    const image = new Image();
    image.src = url;
    await image.decode();
    const result = { bytes: await embedding({ data, shape }) };
    for (const [name, source] of Object.entries({ bitmap, canvas, frame, image }))
      result[name] = await embedding(uploader.pixels([source]));
    frame.close();
    result.closed = await embedding(uploader.pixels([canvas])).then(() => {
      try {
        uploader.pixels([frame]);
        return "taken";
      } catch (error) {
        return error.name + ": " + error.message;
      }
    });
    const video = document.createElement("video");
    video.muted = true;
    const visible = document.createElement("canvas");
    [visible.width, visible.height] = [bitmap.width, bitmap.height];
    document.body.append(visible);
    visible.getContext("2d").drawImage(bitmap, 0, 0);
    const recorder = new MediaRecorder(visible.captureStream(), {
      mimeType: "video/webm;codecs=vp8",
      videoBitsPerSecond: 8e6,
    });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start(50);
    // A busy machine encodes late: a frame has tens of thousands of bytes, a header some hundred.
    for (let i = 0; i < 10 || parts.reduce((sum, { size }) => sum + size, 0) < 4096; i++) {
      visible.getContext("2d").drawImage(bitmap, 0, 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    recorder.stop();
    await stopped;
    video.src = URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    await video.play();
    await shown;
    result.video = await embedding(uploader.pixels([video]));
    devices.at(-1).destroy();
    await devices.at(-1).lost;
    result.afterLoss = await embedding(uploader.pixels([bitmap]));
    result.devices = devices.length;
    await model.dispose();
    return result;
  };
  window.ready = true;
</script>`;

interface Result {
  readonly [source: string]: readonly number[];
}

describe.skipIf(!existsSync(executablePath) && !required)(
  "pictures on a page's GPU (needs /usr/bin/chromium, or CHROMIUM; REQUIRE=browser insists)",
  { timeout: 180_000 },
  () => {
    let browser: Browser;
    let served: Served;
    beforeAll(async () => {
      const { webgpu } = await compile(
        shapesSpec({
          targets: ["webgpu"],
          pixels: { dtype: "uint8", rescaleFactor: 1 / 255, imageMean: [0.5], imageStd: [0.5] },
        }),
      );
      // Without a GPU process on Vulkan, Chromium cannot hand frames of videos to WebGPU.
      browser = await chromium.launch({
        executablePath,
        args: [
          "--no-sandbox",
          "--enable-unsafe-webgpu",
          "--use-webgpu-adapter=swiftshader",
          "--use-vulkan=swiftshader",
          "--enable-features=Vulkan",
          "--use-angle=vulkan",
        ],
      });
      served = await serve(
        root,
        { "/": page, "/artifact.json": JSON.stringify(webgpu) },
        { isolated: false },
      );
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      served?.close();
    });

    it("bitmaps, canvases, frames, images and videos", async () => {
      const tab = await browser.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await tab.goto(served.origin);
      await tab
        .waitForFunction("window.ready === true", undefined, { timeout: 20_000 })
        .catch(() => expect.fail(errors.join("\n")));
      const result = (await tab
        .evaluate(`window.embed("/test/fixtures/images/source/png-scene-640x480.png")`)
        .catch((error: unknown) =>
          expect.fail(`${String(error)}\n${errors.join("\n")}`),
        )) as Result & { readonly devices: number; readonly closed: string };
      // The same bytes through the same kernels, so the same bits.
      for (const source of ["bitmap", "canvas", "frame", "image", "afterLoss"])
        expect(result[source], source).toEqual(result.bytes);
      expect(result.closed).toMatch(/^InputError: pixel_values: picture 0: has 0x0 pixels/);
      expect(result.devices).toBe(2);
      // A video is compressed, and stored with less colour than its frames were drawn with.
      const cosine = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
      expect(cosine(result.video!, result.bytes!)).toBeGreaterThan(0.995);
      expect(errors).toEqual([]);
      await tab.close();
    });
  },
);
