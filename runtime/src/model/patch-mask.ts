/** The lowest finite float32: what hides padding from attention, as transformers does it. */
export const hidden = -3.4028234663852886e38;
