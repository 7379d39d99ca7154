/** Tolerances of 16 bits, which are the weights' and so the same everywhere. */
export const sixteenBits = { float16: 5e-3, bfloat16: 4e-2 };
