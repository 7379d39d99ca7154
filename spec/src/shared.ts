/**
 * What runtimes share with the compiler beside the plan's schema. Pages download it, so it needs
 * nothing else.
 */
export * from "./alignment.ts";
export * from "./kernel-sets.ts";
export { nearestName } from "./nearest-name.ts";
export { parsePythonJson } from "./python-json.ts";
export { SigilError } from "./sigil-error.ts";
