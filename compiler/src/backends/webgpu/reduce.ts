/** Sums and maxima over the threads that share a row. */
import { element, type ArrayVariable, type KernelWriter, type Variable } from "./wgsl/kernel-writer.ts";
import { float, u32, type F32, type U32 } from "./wgsl/nodes.ts";

/**
 * Every thread's value to every thread, over `lanes` neighbours (a power of two) from `first` on; `lane` counts within them.
 * A tree in workgroup memory; all threads of the workgroup must call it.
 */
export function reduceLanes(f: KernelWriter, scratch: ArrayVariable<"f32">, { lane, lanes, first }: { lane: U32; lanes: number; first: U32 }, value: F32, combine: "add" | "max"): Variable<"f32"> {
  if (lanes === 1) return f.let("total", value);
  const own = f.let("own", u32.add(first, lane));
  f.store(scratch, own, value);
  f.barrier();
  for (let half = lanes / 2; half >= 1; half /= 2) {
    f.if(u32.lt(lane, u32.const(half)), () => f.store(scratch, own, float[combine](element(scratch, own), element(scratch, u32.add(own, u32.const(half))))));
    f.barrier();
  }
  const total = f.let("total", element(scratch, first));
  // The next reduction writes the same places.
  f.barrier();
  return total;
}
