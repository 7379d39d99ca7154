/** Bits of the WebGPU specification, which Node has no globals for. */
export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;
export const textureUsage = { copyTarget: 0x2, binding: 0x4, renderTarget: 0x10 } as const;
/** GPUMapMode.READ. */
export const mapModeRead = 0x1;
