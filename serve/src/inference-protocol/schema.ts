/** JSON Schema of an inference request, and its type. */
import type { RequestTensor } from "./tensors.ts";

export interface InferenceRequest {
  readonly id?: string;
  readonly parameters?: { readonly binary_data_output?: boolean };
  readonly inputs: readonly RequestTensor[];
  readonly outputs?: readonly {
    readonly name: string;
    readonly parameters?: { readonly binary_data?: boolean };
  }[];
}

const name = { type: "string", minLength: 1, maxLength: 200 };

export const inferenceRequest = {
  type: "object",
  required: ["inputs"],
  properties: {
    id: { type: "string", maxLength: 1000 },
    parameters: {
      type: "object",
      properties: { binary_data_output: { type: "boolean" } },
    },
    inputs: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: {
        type: "object",
        required: ["name", "shape", "datatype"],
        properties: {
          name,
          shape: {
            type: "array",
            maxItems: 8,
            items: { type: "integer", minimum: 0, maximum: 2 ** 31 - 1 },
          },
          datatype: { type: "string", maxLength: 20 },
          parameters: {
            type: "object",
            properties: {
              binary_data_size: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
            },
          },
          data: { type: "array", description: "Row-major values, flat or nested." },
        },
      },
    },
    outputs: {
      type: "array",
      maxItems: 1000,
      items: {
        type: "object",
        required: ["name"],
        properties: {
          name,
          parameters: { type: "object", properties: { binary_data: { type: "boolean" } } },
        },
      },
    },
  },
} as const;
