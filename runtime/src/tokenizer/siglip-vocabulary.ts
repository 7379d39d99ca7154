import { entryOf } from "@sigil/spec/shared";
import { specialToken, type AddedToken } from "./config/added-token.ts";
import type { TokenizerSettings } from "./config/settings.ts";
import { TokenizerError } from "./error.ts";
import type { SentencePiece } from "./sentencepiece.ts";

/**
 * The ids of SiglipTokenizer: SentencePiece's pieces, and the tokens that `tokenizer_config.json`
 * adds or renames, numbered as transformers (SentencePieceBackend) numbers them.
 */
export class SiglipVocabulary {
  /** Texts of the special tokens, in transformers' order. (`all_special_tokens`) */
  readonly special: ReadonlySet<string>;
  private readonly pieces: SentencePiece;
  private readonly byId = new Map<number, AddedToken>();
  private readonly idByText = new Map<string, number>();

  constructor(pieces: SentencePiece, settings: TokenizerSettings) {
    this.pieces = pieces;
    for (const [id, token] of settings.added ?? []) this.add(id, token);
    this.special = new Set(
      [...settings.named.values(), ...settings.extra].flatMap((token) => token?.content ?? []),
    );
    // The count of different texts, not the highest id: a gap left by the file is not filled.
    let next = this.all().size;
    for (const text of this.special) {
      if (text === "" || this.idByText.has(text)) continue;
      this.add(pieces.has(text) ? pieces.pieceToId(text) : next++, specialToken(text));
    }
  }

  /** What texts are searched for: not the token that lost its id to another. */
  get patterns(): string[] {
    return [...Array.from(this.byId.values(), (token) => token.content), ...this.special];
  }

  /** The tokens of these texts, which are no ordinary text wherever they stand alone. */
  get added(): ReadonlyMap<string, AddedToken> {
    return new Map(
      Array.from(this.idByText, ([text, id]) => [text, entryOf(this.byId, id, "token of id")]),
    );
  }

  /** Every text and its id: pieces in order, then what was added. (`get_vocab`) */
  all(): Map<string, number> {
    const all = new Map(
      this.pieces.proto.pieces.map(
        (piece, id) => [this.byId.get(id)?.content ?? piece.text, id] as const,
      ),
    );
    for (const [id, token] of [...this.byId].sort(([a], [b]) => a - b)) all.set(token.content, id);
    return all;
  }

  /** The unknown piece's id for what is not there. */
  idOf(text: string): number {
    return this.idByText.get(text) ?? this.pieces.pieceToId(text);
  }

  /** Throws TokenizerError for an id that is not there. */
  textOf(id: number): string {
    const { pieces } = this.pieces.proto;
    const text = this.byId.get(id)?.content ?? pieces[id]?.text;
    if (text === undefined)
      throw new TokenizerError(`id ${id} is not in the vocabulary of ${pieces.length} pieces`);
    return text;
  }

  private add(id: number, token: AddedToken): void {
    this.byId.set(id, token);
    this.idByText.set(token.content, id);
  }
}
