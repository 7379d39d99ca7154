export const targets = ["int8", "int4", "nf4", "fp4"] as const;
export type Target = (typeof targets)[number];
