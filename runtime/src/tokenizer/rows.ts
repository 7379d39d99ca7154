import { TokenizerError } from "./error.ts";
import type { EncodeOptions, Encoding } from "./tokenizer.ts";

/** What differs between tokenizers when rows are put together. */
export interface RowBuilder {
  readonly padTokenId: number;
  readonly modelMaxLength: number;
  readonly returnsAttentionMask: boolean;
  /** Ids of one text without the special tokens a row ends with. */
  ids(text: string): number[];
  /** The row of one or two texts, special tokens included. */
  build(ids: number[], pairIds?: number[]): number[];
}

/** Encodes, truncates on the right (longest text first, the pair on ties) and pads on the right. */
export function encodeRows(
  builder: RowBuilder,
  texts: string | readonly string[],
  options: EncodeOptions,
): Encoding {
  const first = typeof texts === "string" ? [texts] : texts;
  const second = typeof options.textPair === "string" ? [options.textPair] : options.textPair;
  if (second !== undefined && second.length !== first.length) {
    throw new TokenizerError(`${first.length} texts but ${second.length} pair texts`);
  }
  const maxLength = options.maxLength ?? builder.modelMaxLength;
  const special = options.addSpecialTokens ?? true;

  const inputIds = first.map((text, row) => {
    const ids = builder.ids(text);
    const pairIds = second === undefined ? undefined : builder.ids(second[row]!);
    if (options.truncation) {
      const added = special ? builder.build([], pairIds && []).length : 0;
      truncate(ids, pairIds, maxLength - added);
    }
    return special ? builder.build(ids, pairIds) : [...ids, ...(pairIds ?? [])];
  });

  const lengths = inputIds.map((ids) => ids.length);
  const target = paddedLength(options.padding ?? false, lengths, maxLength);
  for (const ids of inputIds) while (ids.length < target) ids.push(builder.padTokenId);
  if (!(options.returnAttentionMask ?? builder.returnsAttentionMask)) return { inputIds };
  return {
    inputIds,
    attentionMask: inputIds.map((ids, row) => ids.map((_, i) => (i < lengths[row]! ? 1 : 0))),
  };
}

function truncate(ids: number[], pairIds: number[] | undefined, room: number): void {
  while (ids.length + (pairIds?.length ?? 0) > Math.max(room, 0)) {
    if (pairIds === undefined || ids.length > pairIds.length) ids.pop();
    else pairIds.pop();
  }
}

function paddedLength(
  padding: EncodeOptions["padding"],
  lengths: readonly number[],
  maxLength: number,
): number {
  if (padding === true || padding === "longest") return Math.max(0, ...lengths);
  return padding === "max_length" && Number.isSafeInteger(maxLength) ? maxLength : 0;
}
