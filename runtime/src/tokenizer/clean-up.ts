/** `clean_up_tokenization` of transformers: joins what English punctuation was split from. */
export function cleanUpTokenization(text: string): string {
  const joined: readonly (readonly [string, string])[] = [
    [" .", "."],
    [" ?", "?"],
    [" !", "!"],
    [" ,", ","],
    [" ' ", "'"],
    [" n't", "n't"],
    [" 'm", "'m"],
    [" 's", "'s"],
    [" 've", "'ve"],
    [" 're", "'re"],
  ];
  return joined.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
