/**
 * Pictures of one size resized to another on one device: every buffer, and what they are bound by,
 * made once.
 */
import {
  fixedWindows,
  type FixedWindows,
  type Resample,
  type ResizeArithmetic,
} from "@sigil/runtime";
import { bufferUsage, textureUsage } from "../flags.ts";
import { acrossThreads, downThreads, resizeShader, sizeWords } from "./resize-shader.ts";
import { isTexture, type PictureSource } from "./picture-source.ts";

export interface ResizeOptions {
  /** Default "bicubic"; SigLIP 2 has "bilinear". */
  readonly resample?: Resample;
  /** Whose arithmetic, bit for bit. Default "pillow". */
  readonly arithmetic?: ResizeArithmetic;
}

type Size = readonly [width: number, height: number];

/** The two kernels on a device. */
interface ResizePipelines {
  readonly across: GPUComputePipeline;
  readonly down: GPUComputePipeline;
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
  const pipelines = { across: make("across"), down: make("down") };
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
  readonly #to: Size;
  readonly #windows: readonly [across: FixedWindows, down: FixedWindows];
  readonly #buffers: {
    readonly sizes: GPUBuffer;
    readonly across: GPUBuffer;
    readonly down: GPUBuffer;
    readonly rows: GPUBuffer;
  };
  /** Where sources that are no textures are copied. */
  #copy: GPUTexture | undefined;
  readonly #sources = new WeakMap<GPUTexture, GPUBindGroup>();
  readonly #targets = new WeakMap<GPUBuffer, Map<string, GPUBindGroup>>();

  constructor(
    device: GPUDevice,
    from: Size,
    to: Size,
    { resample = "bicubic", arithmetic = "pillow" }: ResizeOptions,
  ) {
    this.#device = device;
    this.#pipelines = pipelinesOf(device);
    this.#from = from;
    this.#to = to;
    const [across, down] = [0, 1].map((axis) =>
      fixedWindows(from[axis]!, to[axis]!, resample, arithmetic),
    ) as [FixedWindows, FixedWindows];
    this.#windows = [across, down];
    const storage = (label: string, size: number): GPUBuffer =>
      device.createBuffer({
        label: `resize ${label}`,
        size,
        usage: bufferUsage.storage | bufferUsage.copyTarget,
      });
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
      across: filled("across", packWindows(across)),
      down: filled("down", packWindows(down)),
      rows: storage("rows", 4 * to[0] * from[1]),
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
    const [[, height], [toWidth, toHeight], [across, down]] = [this.#from, this.#to, this.#windows];
    queue.writeBuffer(
      this.#buffers.sizes,
      0,
      Uint32Array.of(
        height,
        toWidth,
        toHeight,
        across.size + 2,
        across.precision,
        down.size + 2,
        down.precision,
        firstByte,
      ),
    );
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#pipelines.across);
    pass.setBindGroup(0, this.#sourceGroup(texture));
    pass.dispatchWorkgroups(Math.ceil(toWidth / acrossThreads), Math.ceil(height / acrossThreads));
    pass.setPipeline(this.#pipelines.down);
    pass.setBindGroup(0, this.#targetGroup(target, offset, length));
    pass.dispatchWorkgroups(
      Math.ceil(((firstByte % 4) + 3 * toWidth * toHeight) / 4 / downThreads),
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
    const { sizes, across, rows } = this.#buffers;
    const view = texture.createView({ dimension: "2d", mipLevelCount: 1, arrayLayerCount: 1 });
    const group = this.#group(this.#pipelines.across, [
      { buffer: sizes },
      { buffer: across },
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
    const { sizes, down, rows } = this.#buffers;
    const group =
      known.get(key) ??
      this.#group(this.#pipelines.down, [
        { buffer: sizes },
        { buffer: down },
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
