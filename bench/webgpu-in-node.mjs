import { create, globals } from "webgpu";

/** As in a browser: onnxruntime-web looks for WebGPU nowhere else. */
export function asInBrowser() {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu: create([]), userAgent: "node", hardwareConcurrency: 1 },
    configurable: true,
  });
  // onnxruntime-web writes from the shared memory of its WebAssembly, which browsers take and
  // Dawn's addon refuses.
  const { writeBuffer } = GPUQueue.prototype;
  GPUQueue.prototype.writeBuffer = function (buffer, at, data, from = 0, ...size) {
    const shared = data.buffer instanceof SharedArrayBuffer;
    return shared
      ? writeBuffer.call(this, buffer, at, data.slice(from, from + (size[0] ?? data.length)))
      : writeBuffer.call(this, buffer, at, data, from, ...size);
  };
  // A promise of the addon does not keep the process alive.
  setInterval(() => {}, 1000);
}
