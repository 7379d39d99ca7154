/**
 * Tolerances for weights of 16 bits. They cover the rounding of the weights, so they are the same
 * for every backend.
 */
export const sixteenBits = { float16: 5e-3, bfloat16: 4e-2 };
