/** Sums and maxima over the threads that share a row. */
import {
  element,
  type ArrayVariable,
  type KernelWriter,
  type Variable,
} from "./wgsl/kernel-writer.ts";
import { float, lowest, subgroup, u32, type F32, type U32 } from "./wgsl/nodes.ts";

export interface SharedLanes {
  readonly lane: U32;
  /** A power of two. */
  readonly lanes: number;
  readonly first: U32;
  /** Reduce within subgroups first; the lanes must then be all of the workgroup. */
  readonly subgroups: boolean;
}

/**
 * Reduces the values of `lanes` neighbouring threads, from `first` on, and gives each of them the
 * result. `lane` is the thread's number among them. Uses a tree in workgroup memory, or one value
 * of each subgroup there. All threads of the workgroup must call it.
 */
export function reduceLanes(
  f: KernelWriter,
  scratch: ArrayVariable<"f32">,
  { lane, lanes, first, subgroups }: SharedLanes,
  value: F32,
  combine: "add" | "max",
): Variable<"f32"> {
  if (lanes === 1) return f.let("total", value);
  if (subgroups) return reduceBySubgroups(f, scratch, lane, lanes, value, combine);
  const own = f.let("own", u32.add(first, lane));
  f.store(scratch, own, value);
  f.barrier();
  for (let half = lanes / 2; half >= 1; half /= 2) {
    f.if(u32.lt(lane, u32.const(half)), () =>
      f.store(
        scratch,
        own,
        float[combine](element(scratch, own), element(scratch, u32.add(own, u32.const(half)))),
      ),
    );
    f.barrier();
  }
  const total = f.let("total", element(scratch, first));
  // The next reduction writes the same places.
  f.barrier();
  return total;
}

/**
 * Assumes nothing of a subgroup's size, of which threads are in it, nor of how many subgroups there
 * are: each leaves its result where its first thread is, and each reads all of those.
 */
function reduceBySubgroups(
  f: KernelWriter,
  scratch: ArrayVariable<"f32">,
  lane: U32,
  lanes: number,
  value: F32,
  combine: "add" | "max",
): Variable<"f32"> {
  f.enable("subgroups");
  const neutral = float.const("f32", combine === "add" ? 0 : lowest);
  const rank = f.let("rank", subgroup.rank);
  const count = f.let("count", subgroup.count);
  const own = f.let("own", subgroup.combine[combine](value));
  f.store(scratch, lane, float.where(u32.equal(rank, u32.const(0)), own, neutral));
  f.barrier();
  const others = f.var("others", neutral);
  f.forRange("i", rank, u32.const(lanes), count, (i) =>
    f.set(others, float[combine](others, element(scratch, i))),
  );
  const total = f.let("total", subgroup.combine[combine](others));
  // The next reduction writes the same places.
  f.barrier();
  return total;
}
