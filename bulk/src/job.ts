/** Describes a bulk run in a form that other processes and machines can work on. */
import { createHash } from "node:crypto";
import type { InputList } from "./inputs.ts";

export const formats = ["parquet", "safetensors"] as const;
export type Format = (typeof formats)[number];

/** What a bulk run computes. It contains only JSON, so that a queue can carry it. */
export interface Job {
  readonly kind: "image" | "text";
  /**
   * The model as `--model` names it; `checkpoint` is where its weights come from if the model does
   * not say.
   */
  readonly model: string;
  readonly checkpoint?: string;
  /** One tower of the model. */
  readonly tower?: string;
  /** The most patches of a picture, for NaFlex models. */
  readonly maxNumPatches?: number;
  readonly normalize: boolean;
  /** The folder that shards are written to. */
  readonly out: string;
  readonly format: Format;
  readonly shardSize: number;
  /** The number of inputs, and a digest of all of them. */
  readonly count: number;
  readonly inputs: string;
}

/** A part of a job, whose embeddings are one file: its number from 0, and its inputs. */
export interface Shard {
  readonly job: Job;
  readonly index: number;
  readonly inputs: InputList;
}

/**
 * Divides the inputs of a job into shards of `shardSize` inputs, the last of which may have fewer.
 */
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

/** The number of shards of a job. */
export const shardsOf = ({ count, shardSize }: Job): number => Math.ceil(count / shardSize);

const countOf = (inputs: InputList): number =>
  "names" in inputs ? inputs.names.length : inputs.end - inputs.begin;

const partOf = (inputs: InputList, begin: number, end: number): InputList =>
  "names" in inputs
    ? { ...inputs, names: inputs.names.slice(begin, end) }
    : { ...inputs, begin: inputs.begin + begin, end: inputs.begin + end };
