import type { Side } from "./config/tokenizer-config.ts";
import { TokenizerError } from "./error.ts";
import type { EncodeOptions, Encoding } from "./tokenizer.ts";

/** What differs between tokenizers when rows are put together. */
export interface RowBuilder {
  /** Throws TokenizerError where there is no padding token. */
  padTokenId(): number;
  readonly modelMaxLength: number;
  readonly returnsAttentionMask: boolean;
  readonly paddingSide: Side;
  readonly truncationSide: Side;
  /** Ids of one text without the special tokens a row ends with. */
  ids(text: string): number[];
  /** The row of one or two texts, special tokens included. */
  build(ids: number[], pairIds?: number[]): number[];
}

/** No text is longer: a length above it is a mistake, and would fill memory with padding. */
const longestRow = 2 ** 24;

/** The error where padding is asked for and the configuration has no token for it. */
export function noPadToken(): TokenizerError {
  return new TokenizerError(
    "tokenizer_config.json: pad_token: expected a token to pad with, received none; name " +
      "one, or leave padding out",
  );
}

/** Encodes, truncates (longest text first, the pair on ties) and pads, each on its side. */
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
  const maxLength = lengthOf(options.maxLength) ?? builder.modelMaxLength;
  const special = options.addSpecialTokens ?? true;
  const { truncationSide, paddingSide } = builder;

  const inputIds = first.map((text, row) => {
    const ids = builder.ids(checked(text, row));
    const pairIds = second === undefined ? undefined : builder.ids(checked(second[row], row));
    if (options.truncation) {
      const added = special ? builder.build([], pairIds && []).length : 0;
      truncate(ids, pairIds, maxLength - added, truncationSide);
    }
    return special ? builder.build(ids, pairIds) : [...ids, ...(pairIds ?? [])];
  });

  const lengths = inputIds.map((ids) => ids.length);
  const target = paddedLength(options.padding ?? false, lengths, maxLength);
  // Asked for even where every row is long enough, so that the error depends on no text.
  const pad = target === undefined ? 0 : builder.padTokenId();
  const padded = <T>(row: readonly T[], filler: T): T[] => {
    const padding = new Array<T>(Math.max(0, (target ?? 0) - row.length)).fill(filler);
    return paddingSide === "left" ? padding.concat(row) : [...row, ...padding];
  };
  const rows = inputIds.map((ids) => padded(ids, pad));
  if (!(options.returnAttentionMask ?? builder.returnsAttentionMask)) return { inputIds: rows };
  return {
    inputIds: rows,
    attentionMask: inputIds.map((ids) => padded(new Array<number>(ids.length).fill(1), 0)),
  };
}

function checked(text: unknown, row: number): string {
  if (typeof text !== "string")
    throw new TokenizerError(`texts[${row}]: expected a string, received ${typeof text}`);
  return text;
}

function lengthOf(maxLength: number | undefined): number | undefined {
  if (maxLength === undefined || maxLength === Infinity) return maxLength;
  if (!Number.isSafeInteger(maxLength) || maxLength < 0)
    throw new TokenizerError(
      `maxLength: expected a whole number from 0, received ${String(maxLength)}`,
    );
  return maxLength;
}

function truncate(ids: number[], pairIds: number[] | undefined, maximum: number, side: Side): void {
  const room = Math.max(maximum, 0);
  const keep = (row: number[], count: number): void => {
    if (row.length <= count) return;
    if (side === "left") row.splice(0, row.length - count);
    else row.length = count;
  };
  if (pairIds === undefined) return keep(ids, room);
  const surplus = Math.max(0, ids.length + pairIds.length - room);
  // The longer row is cut to the shorter first; what is left is shared, the odd one from the pair.
  const level = Math.min(Math.abs(ids.length - pairIds.length), surplus);
  const half = (surplus - level) >> 1;
  const fromIds = half + (ids.length > pairIds.length ? level : 0);
  keep(ids, ids.length - fromIds);
  keep(pairIds, pairIds.length - (surplus - fromIds));
}

/** Undefined for no padding, which an unknown maximum length means too. */
function paddedLength(
  padding: EncodeOptions["padding"],
  lengths: readonly number[],
  maxLength: number,
): number | undefined {
  if (padding === true || padding === "longest") return lengths.reduce((a, b) => Math.max(a, b), 0);
  if (padding !== "max_length" || maxLength === Infinity) return undefined;
  if (maxLength > longestRow)
    throw new TokenizerError(
      `cannot pad to ${maxLength} ids: expected at most ${longestRow}; pass maxLength`,
    );
  return maxLength;
}
