/**
 * Pictures of one size resized to another on one device: every buffer, and what they are bound by,
 * made once.
 */
import { InputError, type FixedWindows } from "@sigil/runtime/internal";
import { bufferUsage, textureUsage } from "../flags.ts";
import type { PictureGeometry } from "./picture-geometry.ts";
import { firstThreads, resizeShader, secondThreads, sizeWords } from "./resize-shader.ts";
import { isTexture, type PictureSource } from "./picture-source.ts";
import type { GPUBuffer, GPUDevice } from "../gpu.ts";

type Size = readonly [width: number, height: number];

/** The two kernels on a device. */
interface ResizePipelines {
  readonly first: GPUComputePipeline;
  readonly second: GPUComputePipeline;
}

/** They are the same for all sizes, so a device compiles them once. */
const compiled = new WeakMap<GPUDevice, ResizePipelines>();

function pipelinesOf(device: GPUDevice): ResizePipelines {
  const known = compiled.get(device);
  if (known) return known;
  const module = device.createShaderModule({ label: "resize", code: resizeShader });
  const make = (entryPoint: string): GPUComputePipeline =>
    device.createComputePipeline({
      label: entryPoint,
      layout: "auto",
      compute: { module, entryPoint },
    });
  const pipelines = { first: make("first"), second: make("second") };
  compiled.set(device, pipelines);
  return pipelines;
}

/** `[first, count, weights...]` for each output sample. */
function packWindows({ first, count, weights, size }: FixedWindows): Int32Array<ArrayBuffer> {
  const words = new Int32Array(first.length * (size + 2));
  first.forEach((from, i) =>
    words.set(
      [from, count[i]!, ...weights.subarray(i * size, i * size + count[i]!)],
      i * (size + 2),
    ),
  );
  return words;
}

export class Resizer {
  readonly #device: GPUDevice;
  readonly #pipelines: ResizePipelines;
  readonly #from: Size;
  /** What the shader's sizes are, but for the last, which is a call's. */
  readonly #sizes: readonly number[];
  readonly #buffers: {
    readonly sizes: GPUBuffer;
    readonly first: GPUBuffer;
    readonly second: GPUBuffer;
    readonly rows: GPUBuffer;
  };
  /** Where sources that are no textures are copied. */
  #copy: GPUTexture | undefined;
  readonly #sources = new WeakMap<GPUTexture, GPUBindGroup>();
  readonly #targets = new WeakMap<GPUBuffer, Map<string, GPUBindGroup>>();

  /** Throws InputError for sizes that take more than a buffer of the device. */
  constructor(device: GPUDevice, from: Size, { across, down, downFirst }: PictureGeometry) {
    this.#device = device;
    this.#pipelines = pipelinesOf(device);
    this.#from = from;
    const [first, second] = downFirst ? [down, across] : [across, down];
    const lines = downFirst ? from[0] : from[1];
    this.#sizes = [
      first.first.length,
      lines,
      Number(downFirst),
      across.first.length,
      down.first.length,
      first.size + 2,
      first.precision,
      second.size + 2,
      second.precision,
    ];
    const most = device.limits.maxStorageBufferBindingSize;
    const storage = (label: string, size: number): GPUBuffer => {
      if (size > most)
        throw new InputError(
          `pixel_values: resizing a picture of ${from.join("x")} pixels takes ${size} bytes, ` +
            `but a buffer of the device has at most ${most}`,
        );
      return device.createBuffer({
        label: `resize ${label}`,
        size,
        usage: bufferUsage.storage | bufferUsage.copyTarget,
      });
    };
    const filled = (label: string, words: Int32Array<ArrayBuffer>): GPUBuffer => {
      const buffer = storage(label, words.byteLength);
      device.queue.writeBuffer(buffer, 0, words);
      return buffer;
    };
    this.#buffers = {
      sizes: device.createBuffer({
        label: "resize sizes",
        size: 4 * sizeWords.length,
        usage: bufferUsage.uniform | bufferUsage.copyTarget,
      }),
      rows: storage("rows", 4 * first.first.length * lines),
      first: filled("first", packWindows(first)),
      second: filled("second", packWindows(second)),
    };
  }

  /**
   * Submits the resize of `source` into bytes `firstByte` onwards of a range of `target` that
   * begins at `offset` and has `length`.
   */
  resize(
    source: PictureSource,
    target: GPUBuffer,
    offset: number,
    length: number,
    firstByte: number,
  ): void {
    const texture = isTexture(source) ? source : this.#copied(source);
    const { queue } = this.#device;
    const [made, lines, , toWidth, toHeight] = this.#sizes as [
      number,
      number,
      number,
      number,
      number,
    ];
    queue.writeBuffer(this.#buffers.sizes, 0, Uint32Array.of(...this.#sizes, firstByte));
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipelines.first);
    pass.setBindGroup(0, this.#sourceGroup(texture));
    pass.dispatchWorkgroups(Math.ceil(made / firstThreads), Math.ceil(lines / firstThreads));
    pass.setPipeline(this.#pipelines.second);
    pass.setBindGroup(0, this.#targetGroup(target, offset, length));
    pass.dispatchWorkgroups(
      Math.ceil(((firstByte % 4) + 3 * toWidth * toHeight) / 4 / secondThreads),
    );
    pass.end();
    queue.submit([encoder.finish()]);
  }

  #copied(source: GPUCopyExternalImageSource): GPUTexture {
    this.#copy ??= this.#device.createTexture({
      label: "picture",
      size: [...this.#from],
      format: "rgba8unorm",
      usage: textureUsage.copyTarget | textureUsage.binding | textureUsage.renderTarget,
    });
    this.#device.queue.copyExternalImageToTexture({ source }, { texture: this.#copy }, [
      ...this.#from,
    ]);
    return this.#copy;
  }

  #sourceGroup(texture: GPUTexture): GPUBindGroup {
    const known = this.#sources.get(texture);
    if (known) return known;
    const { sizes, first, rows } = this.#buffers;
    const view = texture.createView({ dimension: "2d", mipLevelCount: 1, arrayLayerCount: 1 });
    const group = this.#group(this.#pipelines.first, [
      { buffer: sizes },
      { buffer: first },
      { buffer: rows },
      view,
    ]);
    this.#sources.set(texture, group);
    return group;
  }

  #targetGroup(buffer: GPUBuffer, offset: number, length: number): GPUBindGroup {
    const known = this.#targets.get(buffer) ?? new Map<string, GPUBindGroup>();
    this.#targets.set(buffer, known);
    const key = `${offset} ${length}`;
    const { sizes, second, rows } = this.#buffers;
    const group =
      known.get(key) ??
      this.#group(this.#pipelines.second, [
        { buffer: sizes },
        { buffer: second },
        { buffer: rows },
        undefined,
        { buffer, offset, size: 4 * Math.ceil(length / 4) },
      ]);
    known.set(key, group);
    return group;
  }

  #group(
    pipeline: GPUComputePipeline,
    resources: readonly (GPUBindingResource | undefined)[],
  ): GPUBindGroup {
    return this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: resources.flatMap((resource, binding) => (resource ? [{ binding, resource }] : [])),
    });
  }

  destroy(): void {
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
    this.#copy?.destroy();
  }
}
