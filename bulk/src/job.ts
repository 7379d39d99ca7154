/** What a bulk run computes, in a form that another process or machine can take up. */
import { createHash } from "node:crypto";
import type { InputList } from "./inputs.ts";

export const formats = ["parquet", "safetensors"] as const;
export type Format = (typeof formats)[number];

export interface Job {
  readonly kind: "image" | "text";
  /** As `--model` names it, and what its weights come from where that says nothing of it. */
  readonly model: string;
  readonly checkpoint?: string;
  /** One tower of the model. */
  readonly tower?: string;
  /** Of a NaFlex model. */
  readonly maxNumPatches?: number;
  readonly normalize: boolean;
  /** The folder that shards are written to. */
  readonly out: string;
  readonly format: Format;
  readonly shardSize: number;
  /** How many inputs there are, and a digest of all of them. */
  readonly count: number;
  readonly inputs: string;
}

/** Inputs `begin` to `end` of a job, and where they are found. */
export interface Shard {
  readonly job: Job;
  readonly index: number;
  readonly inputs: InputList;
}

export function planShards(
  settings: Omit<Job, "count" | "inputs">,
  inputs: InputList,
): readonly Shard[] {
  const { shardSize } = settings;
  // Where relative paths begin is another matter on every machine.
  const { base: _, ...described } = { base: undefined, ...inputs };
  const digest = createHash("sha256").update(JSON.stringify(described)).digest("hex").slice(0, 16);
  const count = countOf(inputs);
  const job: Job = { ...settings, count, inputs: digest };
  return Array.from({ length: shardsOf(job) }, (_, index) => ({
    job,
    index,
    inputs: partOf(inputs, index * shardSize, Math.min(count, (index + 1) * shardSize)),
  }));
}

export const shardsOf = ({ count, shardSize }: Job): number => Math.ceil(count / shardSize);

const countOf = (inputs: InputList): number =>
  "names" in inputs ? inputs.names.length : inputs.end - inputs.begin;

const partOf = (inputs: InputList, begin: number, end: number): InputList =>
  "names" in inputs
    ? { ...inputs, names: inputs.names.slice(begin, end) }
    : { ...inputs, begin: inputs.begin + begin, end: inputs.begin + end };
