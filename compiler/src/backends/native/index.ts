export { emitNative } from "./describe.ts";
export { encodeExpression } from "./encode-expression.ts";
