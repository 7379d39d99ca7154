/**
 * Kernels without their comments, whose ends each language has a list of its own for. Where nothing
 * but a name differs, they are equal.
 */
import type { CompiledModel } from "@sigil/compiler";

type Sets = Readonly<Record<string, Readonly<Record<string, string>>>>;

const uncommented = (code: string, ends: RegExp): string =>
  code
    .split(ends)
    .map((line) => line.replace(/\/\/.*$/s, "").trimEnd())
    .join("\n");

const wgsl = (code: string): string => uncommented(code, /\r\n|[\n\v\f\r\u0085\u2028\u2029]/);

/**
 * C++ joins lines before it knows comments; GCC forgives blanks behind the backslash, and reads
 * trigraphs where it is told to.
 */
const cpp = (code: string): string =>
  uncommented(code.replaceAll("??/", "\\").replace(/\\[ \t\v\f]*\r?\n/g, ""), /\r\n|[\n\r]/);

const strip = (sets: Sets, of: (code: string) => string): Sets =>
  Object.fromEntries(
    Object.entries(sets).map(([set, byName]) => [
      set,
      Object.fromEntries(Object.entries(byName).map(([name, code]) => [name, of(code)])),
    ]),
  );

/** The shaders of each set of kernels. */
export const shadersOf = ({ webgpu }: CompiledModel): Sets =>
  Object.fromEntries(
    Object.entries(webgpu!.kernels).map(([set, byName]) => [
      set,
      Object.fromEntries(Object.entries(byName).map(([name, { code }]) => [name, code])),
    ]),
  );

/**
 * Names of kernels carry a fingerprint of what a plan must agree with, its symbols among them. It
 * has one length, so WebAssembly stays as it was.
 */
const unnamed = (code: string): string => code.replaceAll(/_[0-9a-f]{6}(?![0-9a-f])/g, "_000000");

/** WebAssembly as it was assembled, and the text of shaders and of CUDA's kernels. */
export const bareKernels = (compiled: CompiledModel): string =>
  unnamed(
    JSON.stringify([
      Buffer.from(compiled.cpu.plain).toString("latin1"),
      Buffer.from(compiled.cpu.relaxed).toString("latin1"),
      strip(shadersOf(compiled), wgsl),
      strip(compiled.cuda!.sources, cpp),
    ]),
  );
