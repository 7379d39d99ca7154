/** As much of protobuf's wire format as an ONNX file needs: a message is a list of fields. */

const varint = (value) => {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return Uint8Array.of(...bytes, low);
    bytes.push(low | 128);
  }
};

export const integer = (number, value) => [varint(number << 3), varint(value)];
export const float = (number, value) => [
  varint((number << 3) | 5),
  new Uint8Array(Float32Array.of(value).buffer),
];
export const bytes = (number, value) => [
  varint((number << 3) | 2),
  varint(value.byteLength),
  value,
];
export const text = (number, value) => bytes(number, new TextEncoder().encode(value));
/** A nested message; its parts are kept apart, so that hundreds of megabytes are joined once. */
export const message = (number, ...fields) => {
  const parts = fields.flat();
  return [
    varint((number << 3) | 2),
    varint(parts.reduce((sum, part) => sum + part.byteLength, 0)),
    ...parts,
  ];
};
export const serialise = (...fields) => Buffer.concat(fields.flat());
