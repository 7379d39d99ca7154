/**
 * Lower case as the references have it, in the Unicode of the references and not of the engine:
 * engines differ by their ICU, and ids must not.
 */

/**
 * What Unicode 14 has a lower case for (UnicodeData.txt; Python 3.11), as ranges of a character
 * class. What lies between stays as it is. Later versions keep these mappings (Unicode's stability
 * policy: case pairs), so the engine's can be asked for.
 */
const upper14 =
  String.raw`A-Z\xc0-\xde\u0100-\u0136\u0139-\u0147\u014a-\u017d\u0181-\u018b\u018e-\u0198` +
  String.raw`\u019c-\u01a9\u01ac-\u01b8\u01bc\u01c4-\u01db\u01de-\u01ee\u01f1-\u0232\u023a-\u023e` +
  String.raw`\u0241-\u024e\u0370-\u0372\u0376\u037f\u0386-\u03ab\u03cf\u03d8-\u03ee\u03f4` +
  String.raw`\u03f7-\u03fa\u03fd-\u042f\u0460-\u0480\u048a-\u04cd\u04d0-\u052e\u0531-\u0556` +
  String.raw`\u10a0-\u10c7\u10cd\u13a0-\u13f5\u1c90-\u1cba\u1cbd-\u1cbf\u1e00-\u1e94\u1e9e-\u1efe` +
  String.raw`\u1f08-\u1f0f\u1f18-\u1f1d\u1f28-\u1f2f\u1f38-\u1f3f\u1f48-\u1f4d\u1f59-\u1f5f` +
  String.raw`\u1f68-\u1f6f\u1f88-\u1f8f\u1f98-\u1f9f\u1fa8-\u1faf\u1fb8-\u1fbc\u1fc8-\u1fcc` +
  String.raw`\u1fd8-\u1fdb\u1fe8-\u1fec\u1ff8-\u1ffc\u2126\u212a-\u212b\u2132\u2160-\u216f\u2183` +
  String.raw`\u24b6-\u24cf\u2c00-\u2c2f\u2c60-\u2c64\u2c67-\u2c72\u2c75\u2c7e-\u2ce2\u2ceb-\u2ced` +
  String.raw`\u2cf2\ua640-\ua66c\ua680-\ua69a\ua722-\ua72e\ua732-\ua76e\ua779-\ua786\ua78b-\ua78d` +
  String.raw`\ua790-\ua792\ua796-\ua7c9\ua7d0\ua7d6-\ua7d8\ua7f5\uff21-\uff3a\u{10400}-\u{10427}` +
  String.raw`\u{104b0}-\u{104d3}\u{10570}-\u{10595}\u{10c80}-\u{10cb2}\u{118a0}-\u{118bf}` +
  String.raw`\u{16e40}-\u{16e5f}\u{1e900}-\u{1e921}`;
const uppers14 = new RegExp(`[${upper14}]`, "gu");

/** What Unicode 15 to 17 added to Cased and Case_Ignorable. */
const casing15 =
  String.raw`\u0897\u0ece\u1acf-\u1add\u1ae0-\u1aeb\u1c89-\u1c8a\ua7cb-\ua7cf\ua7d2\ua7d4` +
  String.raw`\ua7da-\ua7dc\ua7f1\u{10d4e}\u{10d50}-\u{10d65}\u{10d69}-\u{10d6d}\u{10d6f}-\u{10d85}` +
  String.raw`\u{10ec5}\u{10efa}-\u{10eff}\u{11241}\u{113bb}-\u{113c0}\u{113ce}\u{113d0}\u{113d2}` +
  String.raw`\u{113e1}-\u{113e2}\u{11b60}\u{11b62}-\u{11b64}\u{11b66}\u{11dd9}\u{11f00}-\u{11f01}` +
  String.raw`\u{11f36}-\u{11f3a}\u{11f40}\u{11f42}\u{11f5a}\u{13439}-\u{13440}\u{13447}-\u{13455}` +
  String.raw`\u{1611e}-\u{16129}\u{1612d}-\u{1612f}\u{16d40}-\u{16d42}\u{16d6b}-\u{16d6c}` +
  String.raw`\u{16ea0}-\u{16eb8}\u{16ebb}-\u{16ed3}\u{16ff2}-\u{16ff3}\u{1df25}-\u{1df2a}` +
  String.raw`\u{1e030}-\u{1e06d}\u{1e08f}\u{1e4eb}-\u{1e4ef}\u{1e5ee}-\u{1e5ef}\u{1e6e3}\u{1e6e6}` +
  String.raw`\u{1e6ee}-\u{1e6ef}\u{1e6f5}\u{1e6ff}`;
const outside14 = new RegExp(`[${casing15}]`, "u");

const capitalSigma = "\u03a3";

/** Python 3.11's `str.lower()`: a capital sigma that ends a word becomes the final one. */
export function pythonLower(text: string): string {
  return text.replace(uppers14, (char, at: number) =>
    char === capitalSigma && endsWord(text, at) ? "\u03c2" : char.toLowerCase(),
  );
}

/** Final_Sigma: a cased character before, none after, those that casing ignores passed over. */
function endsWord(text: string, at: number): boolean {
  let before = at;
  do before = previous(text, before);
  while (before >= 0 && ignorable(charAt(text, before)));
  if (before < 0 || !cased(charAt(text, before))) return false;
  let after = at + 1;
  while (after < text.length && ignorable(charAt(text, after))) after += charAt(text, after).length;
  return after >= text.length || !cased(charAt(text, after));
}

/** Where the character before `at` begins, or below 0. */
function previous(text: string, at: number): number {
  return at > 1 && text.codePointAt(at - 2)! > 0xffff ? at - 2 : at - 1;
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

// U+1171E and U+0295 lost the property after Unicode 14.
function ignorable(char: string): boolean {
  return /[\p{Case_Ignorable}\u{1171e}]/u.test(char) && !outside14.test(char);
}

function cased(char: string): boolean {
  return /[\p{Cased}\u0295]/u.test(char) && !outside14.test(char);
}

/** What Unicode 15 to 17 gave a lower case: first, last, and what to add. */
const lowers17 = [
  [0x1c89, 0x1c89, 1],
  [0xa7cb, 0xa7cb, 0x264 - 0xa7cb],
  [0xa7cc, 0xa7cc, 1],
  [0xa7ce, 0xa7ce, 1],
  [0xa7d2, 0xa7d2, 1],
  [0xa7d4, 0xa7d4, 1],
  [0xa7da, 0xa7da, 1],
  [0xa7dc, 0xa7dc, 0x19b - 0xa7dc],
  [0x10d50, 0x10d65, 32],
  [0x16ea0, 0x16eb8, 27],
] as const;
const uppers17 = new RegExp(`[${upper14}${casing15}]`, "gu");

/**
 * The Lowercase normalizer of tokenizers 0.23, whose Rust has Unicode 17: each character by
 * itself, so that no sigma is final.
 */
export function lowerEach(text: string): string {
  return text.replace(uppers17, (char) => {
    const point = char.codePointAt(0)!;
    const added = lowers17.find(([first, last]) => point >= first && point <= last);
    return added ? String.fromCodePoint(point + added[2]) : char.toLowerCase();
  });
}
