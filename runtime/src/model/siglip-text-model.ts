/** transformers' SiglipTextModel over a compiled plan. */
import type { Plan } from "@sigil/spec";
import { compiled, inputOf } from "./compiled.ts";
import { hidden } from "./hidden.ts";
import { InputError } from "./input-error.ts";
import { nestOutputs, type LayerTensors } from "./outputs.ts";
import type { Tensor } from "./program.ts";
import type { InputTensor } from "./copy-inputs.ts";
import { Session, type ProgramFactory } from "./session.ts";

/** One row of integers per text. */
export type Rows = readonly (readonly number[])[];

export interface SiglipTextInputs {
  /** `input_ids`: each row has the compiled text length. */
  readonly inputIds: Rows;
  /**
   * `attention_mask`: 1 keeps a token, 0 hides it from all others. Published checkpoints were
   * trained without a mask.
   */
  readonly attentionMask?: Rows;
  /**
   * `position_ids`: indices into the position table. A single row applies to every text. The
   * default is 0, 1, 2, ...
   */
  readonly positionIds?: Rows;
}

/** What a text tower may return. Generated bindings say which outputs exist, and their shapes. */
export interface SiglipTextOutput {
  /** `last_hidden_state`: `[batch, tokens, hidden]`, after the final norm. */
  readonly lastHiddenState?: Tensor;
  /** `pooler_output`: `[batch, projection]`, from the last position, not normalised. */
  readonly poolerOutput?: Tensor;
  /** `hidden_states`: the embeddings, then each layer's output, before the final norm. */
  readonly hiddenStates?: LayerTensors;
  /** `attentions`: per layer `[batch, heads, tokens, tokens]`, after softmax. */
  readonly attentions?: LayerTensors;
}

/** The types that generated bindings narrow. */
export interface SiglipTextTypes {
  readonly output: object;
}

export class SiglipTextModel<T extends SiglipTextTypes = { output: SiglipTextOutput }> {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** Makes the model of a plan. `create` loads its programs. */
  static from(plan: Plan, create: ProgramFactory): SiglipTextModel {
    return new SiglipTextModel(new Session(plan, create));
  }

  /**
   * Runs the tower. Throws InputError for rows of the wrong length, for ids or positions out of
   * range, and for a mask that hides a whole text.
   */
  async forward(inputs: SiglipTextInputs): Promise<T["output"]> {
    return nestOutputs(await runText(this.session, inputs));
  }

  /** Frees memory and threads. */
  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** Runs the program that takes `input_ids`, and returns its outputs under transformers' names. */
export const runText = async (
  session: Session,
  inputs: SiglipTextInputs,
): Promise<Record<string, Tensor>> => session.run(...readText(session, inputs));

/** Turns texts into what {@link Session.run} takes. `inputs` is not read afterwards. */
export function readText(
  session: Session,
  { inputIds, attentionMask, positionIds }: SiglipTextInputs,
): Parameters<Session["run"]> {
  if (!Array.isArray(inputIds))
    throw new InputError(
      "input_ids: expected rows of ids, received " +
        `${inputIds === undefined ? "nothing" : typeof inputIds}`,
    );
  const { plan } = session;
  const program = session.programOf("input_ids");
  /** The rows of the table that the values of an input index. */
  const rowsFor = (name: string): number => {
    const gather = program.gathers.find(({ input }) => input === name);
    return plan.tensors[compiled(plan, name, gather).table]![0]!;
  };
  const length = inputOf(plan, program, "input_ids").shape[1] as number;
  const texts = inputIds.length;
  const inputs: Record<string, InputTensor> = {
    input_ids: integers("input_ids", inputIds, texts, length, rowsFor("input_ids")),
  };
  const { max_position_embeddings: longest = length, pad_token_id: pad } = (plan.config
    .text_config ?? {}) as {
    readonly max_position_embeddings?: number;
    readonly pad_token_id?: number | null;
  };
  if (length < longest)
    session.warn(
      "short-text",
      `texts have ${length} tokens and the position table ${longest}; checkpoints are ` +
        "trained on texts padded to its length",
    );
  if (positionIds !== undefined) {
    const rows =
      positionIds.length === 1 ? Array.from({ length: texts }, () => positionIds[0]!) : positionIds;
    inputs.position_ids = integers("position_ids", rows, texts, length, rowsFor("position_ids"));
  }
  if (attentionMask !== undefined) {
    inputOf(plan, program, "attention_mask");
    const { data, shape } = integers("attention_mask", attentionMask, texts, length, 2);
    for (let row = 0; row < texts; row++)
      if (data.subarray(row * length, (row + 1) * length).every((keep) => keep === 0))
        throw new InputError(`attention_mask: row ${row} masks every token`);
    if (
      inputIds.some((row: readonly number[], r) =>
        row.some((id, i) => id === pad && data[r * length + i] === 0),
      )
    )
      session.warn(
        "masked-padding",
        "attention_mask hides padding, which published checkpoints are trained to attend to; " +
          "leave the mask out",
      );
    inputs.attention_mask = {
      data: Float32Array.from(data, (keep) => (keep === 0 ? hidden : 0)),
      shape,
    };
  }
  return [program, inputs, { text_batch: texts }];
}

/** Checks that `rows` have exactly `length` integers from 0 to `limit` - 1. */
function integers(
  name: string,
  rows: Rows,
  texts: number,
  length: number,
  limit: number,
): InputTensor {
  if (rows.length !== texts)
    throw new InputError(`${name}: expected ${texts} rows, received ${rows.length}`);
  const data = new Int32Array(texts * length);
  rows.forEach((row, r) => {
    if (row.length !== length)
      throw new InputError(
        `${name}: expected ${length} values a text, received ${row.length} in row ${r}; pad ` +
          `with padding "max_length" and truncate to ${length}`,
      );
    row.forEach((value, i) => {
      if (!(Number.isInteger(value) && value >= 0 && value < limit))
        throw new InputError(
          `${name}: expected integers from 0 to ${limit - 1}, received ${value} in row ${r}`,
        );
      data[r * length + i] = value;
    });
  });
  return { data, shape: [texts, length] };
}
