export const units: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
