/**
 * Classes of the platform as the reader's types know them: of lib.dom, of @types/node, of
 * @webgpu/types, or none. A program that has none of these types compiles all the same.
 */

/** What `Name` makes, or `object` where the reader's types have no such global. */
export type GlobalClass<Name extends string> =
  typeof globalThis extends Readonly<Record<Name, { readonly prototype: infer Instance }>>
    ? Instance
    : object;

export type Blob = GlobalClass<"Blob">;
export type MessagePort = GlobalClass<"MessagePort">;
export type Worker = GlobalClass<"Worker">;
/** What this library transfers. */
export type Transferable = ArrayBuffer | MessagePort;
