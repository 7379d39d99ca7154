/**
 * Which edges of graphs the emulated driver takes: those that cuda.h allows of a row of kernels.
 */
import koffi from "koffi";
import { expect, it } from "vitest";
import { emulatedDriver } from "../support/cuda.ts";
import { needsGxx } from "../support/gxx.ts";
import { nullImage, recorded } from "./null-model.ts";

const [invalidValue, success] = [1, 0];

/** Calls the driver as a program does that asks it for every function. */
function driver() {
  const library = koffi.load(emulatedDriver!);
  const lookup = library.func(
    "int cuGetProcAddress_v2(const char *symbol, _Out_ void **address, int version, uint64_t " +
      "flags, void *state)",
  );
  return (name: string, version: number, types: readonly string[]) => {
    const address: unknown[] = [null];
    expect([name, lookup(name, address, version, 0, null)]).toEqual([name, success]);
    const prototype = koffi.proto(`${name}_call_${Math.random().toString(36).slice(2)}`, "int", [
      ...types,
    ]);
    return (...values: readonly unknown[]): number =>
      koffi.call(address[0], prototype, ...values) as number;
  };
}

it.skipIf(!emulatedDriver)(`edges are judged as a driver does ${needsGxx}`, async () => {
  const { problems } = await recorded({}, async () => {
    const find = driver();
    const handle = (make: (out: BigUint64Array) => number): bigint => {
      const out = new BigUint64Array(1);
      expect(make(out)).toBe(success);
      return out[0]!;
    };
    expect(find("cuInit", 2000, ["uint32_t"])(0)).toBe(success);
    const context = handle((out) =>
      find("cuDevicePrimaryCtxRetain", 7000, ["void *", "int"])(out, 0),
    );
    expect(find("cuCtxSetCurrent", 4000, ["uint64_t"])(context)).toBe(success);
    const image = Buffer.concat([nullImage(), Buffer.alloc(1)]);
    const library = handle((out) =>
      find("cuLibraryLoadData", 12000, [
        "void *",
        "void *",
        "void *",
        "void *",
        "uint32_t",
        "void *",
        "void *",
        "uint32_t",
      ])(out, image, null, null, 0, null, null, 0),
    );
    const kernel = handle((out) =>
      find("cuLibraryGetKernel", 12000, ["void *", "uint64_t", "str"])(out, library, "fold_0"),
    );
    const kernelFunction = handle((out) =>
      find("cuKernelGetFunction", 12000, ["void *", "uint64_t"])(out, kernel),
    );
    const graph = handle((out) => find("cuGraphCreate", 10000, ["void *", "uint32_t"])(out, 0));

    // CUDA_KERNEL_NODE_PARAMS with the address of each of two pointers.
    const parameters = Buffer.alloc(16);
    const list = BigUint64Array.of(koffi.address(parameters), koffi.address(parameters) + 8n);
    const node = Buffer.alloc(72);
    node.writeBigUInt64LE(kernelFunction, 0);
    [1, 1, 1, 128, 1, 1].forEach((extent, i) => node.writeUInt32LE(extent, 8 + 4 * i));
    node.writeBigUInt64LE(koffi.address(list), 40);
    const addNode = find("cuGraphAddKernelNode", 12000, [
      "void *",
      "uint64_t",
      "void *",
      "size_t",
      "void *",
    ]);
    const nodes = [0, 1, 2].map(() => handle((out) => addNode(out, graph, null, 0, node)));

    const addEdges = find("cuGraphAddDependencies", 12030, [
      "uint64_t",
      "void *",
      "void *",
      "void *",
      "size_t",
    ]);
    const edge = (from: bigint, to: bigint, data: readonly number[] | null): number =>
      addEdges(
        graph,
        BigUint64Array.of(from),
        BigUint64Array.of(to),
        data && Uint8Array.from({ length: 8 }, (_, i) => data[i] ?? 0),
        1,
      );
    const [first, second, third] = nodes as [bigint, bigint, bigint];
    for (const [what, data] of Object.entries({
      "a port without its type": [1, 0, 0],
      "a type without its port": [0, 0, 1],
      "a port that there is not": [7, 0, 1],
      "a type that there is not": [1, 0, 2],
      "a port of the later node": [1, 1, 1],
      "reserved bytes": [1, 0, 1, 0, 0, 1],
    }))
      expect([what, edge(first, second, data)]).toEqual([what, invalidValue]);
    expect(edge(first, 12345n, [1, 0, 1])).toBe(invalidValue);
    const instantiate = find("cuGraphInstantiateWithFlags", 11040, [
      "void *",
      "uint64_t",
      "uint64_t",
    ]);
    expect(edge(first, second, [1, 0, 1])).toBe(success);
    expect(edge(first, second, [1, 0, 1])).toBe(invalidValue);
    expect(instantiate(new BigUint64Array(1), graph, 0)).toBe(invalidValue);
    expect(edge(second, third, null)).toBe(success);
    const exec = handle((out) => instantiate(out, graph, 0));
    expect(find("cuGraphExecDestroy", 10000, ["uint64_t"])(exec)).toBe(success);
    expect(find("cuGraphDestroy", 10000, ["uint64_t"])(graph)).toBe(success);
    expect(find("cuLibraryUnload", 12000, ["uint64_t"])(library)).toBe(success);
    expect(find("cuDevicePrimaryCtxRelease", 11000, ["int"])(0)).toBe(success);
  });
  // Instantiated before the third followed anything.
  expect(problems).toEqual(["fold_0 follows nothing: it might run before what is ahead of it"]);
});

it.skipIf(!emulatedDriver)(`a driver knows no version after its own ${needsGxx}`, async () => {
  await recorded({ VERSION: "12020" }, async () => {
    const lookup = koffi
      .load(emulatedDriver!)
      .func(
        "int cuGetProcAddress_v2(const char *symbol, _Out_ void **address, int version, " +
          "uint64_t flags, void *state)",
      );
    expect(lookup("cuGraphAddDependencies", [null], 12030, 0, null)).toBe(invalidValue);
  });
});
