/** Of what `encode.ts` writes, as native/descriptor.h has it: raised with every change. */
export const descriptorVersion = 4;
