/** Units of the instruction sets in native/kernels: flags of each, which no other unit has. */
const avx2 = ["-mavx2", "-mfma", "-mf16c"];
const avx512 = [...avx2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"];
// GCC 12's vectoriser fails on loops beside NEON's intrinsics.
const neon = ["-fno-tree-vectorize"];

export const units = {
  x64: {
    avx2,
    avx_vnni: [...avx2, "-mavxvnni"],
    avx512,
    avx512_vnni: [...avx512, "-mavx512vnni"],
    avx512_bf16: [...avx512, "-mavx512bf16"],
    amx: [...avx512, "-mamx-tile", "-mamx-bf16", "-mamx-int8"],
  },
  arm64: {
    neon,
    neon_dot: [...neon, "-march=armv8.2-a+dotprod"],
    neon_bf16: [...neon, "-march=armv8.2-a+bf16"],
    // Scheduled before registers are given out, loads come so early that sums are spilled.
    neon_i8mm: [...neon, "-fno-schedule-insns", "-march=armv8.2-a+i8mm+bf16"],
  },
};
