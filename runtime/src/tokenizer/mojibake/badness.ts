/**
 * Whether a text looks like one that was decoded by a wrong encoding, by what stands beside what:
 * the facts are those of ftfy 6.3 (ftfy/badness.py), by which open_clip cleans texts.
 */
const kinds: Readonly<Record<string, string>> = {
  common: "\xa0\xad·´\u2013-\u2015…’",
  control: "\x80-\x9f",
  bad: "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\ufffdªº",
  law: "¶§",
  currency: "¢£¥₧€",
  opening: "¡«¿©΄΅‘‚“„•‹\uf8ff",
  closing: "®»˝”›™",
  number: "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№",
  face: "Ò-ÖÙ-Üò-öø-üŐŌŪŲ°",
  upper: "À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
  lower: "ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ",
  upperLetter: "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я",
  lowerLetter: "α-ωάέήίΰа-џ",
  box: "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓",
};

/** A character of one of these kinds, or of `more`. */
const one = (names: string, more = ""): string =>
  `[${names
    .split(" ")
    .map((name) => kinds[name])
    .join("")}${more}]`;

/** Python's `\w` and `\s`. */
const word = "[\\p{L}\\p{N}_]";
const space =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

function patterns(): readonly string[] {
  const marks = "lower upper box opening closing currency number law";
  const broken = one("control bad opening closing currency", "°");
  const arabic = `[ØÙ]${one("common currency bad number opening", "ŸŠ®°µ»")}`;
  return [
    one("control"),
    one(`bad ${marks}`) + one("bad"),
    `[a-zA-Z]${one("lowerLetter upperLetter")}${one("bad")}`,
    one("bad") + one(marks),
    one("lower lowerLetter box closing currency number") + one("upper"),
    one("box closing currency number") + one("lower"),
    one("lower box closing") + one("currency"),
    space + one("upper") + one("currency"),
    one("upper box") + one("number law"),
    one("lower upper box currency closing") + one("opening") + one("number"),
    one("lower upper currency number box law") + one("closing") + one("opening"),
    one("currency number box") + one("opening"),
    `[a-z]${one("upper")}${one("opening currency")}`,
    one("box") + one("face"),
    one("lower upper currency number opening closing law") + one("box"),
    one("box") + one("closing"),
    one("lower upper") + one("opening closing") + word,
    "[Œœ][^A-Za-z]",
    `${one("upper")}°`,
    // UTF-8 as Windows-1252: Latin, Arabic, South Asian.
    `[ÂÃÎÐ]${one("opening closing", "€œŠš¢£Ÿž\xa0\xad®©°·»–—´")}`,
    "×[²³]",
    arabic + arabic,
    "à[²µ¹¼½¾]",
    // As Mac Roman.
    "√[±∂†≠®™´≤≥¥µø]|≈[°¢]|‚Ä[ìîïòôúùû†°¢π]|‚[âó][àä°ê]",
    // As Windows-1251.
    `вЂ|[ВГРС]${one("control bad opening closing currency", "°µ")}[ВГРС]|ГўВЂВ.[A-Za-z ]`,
    // A with a grave accent, and a space that does not break.
    `Ã[\xa0¡]|[a-z]${space}?[ÃÂ] |^[ÃÂ] ` +
      `|${one("closing", "a-z.,?!")}Â${one("opening closing", " ")}`,
    // As Windows-1253 and Windows-1257.
    `β€[™\xa0Ά\xad®°]|[ΒΓΞΟ]${broken}[ΒΓΞΟ]|ā€`,
  ];
}

let anyPattern: RegExp | undefined;

export const isBad = (text: string): boolean =>
  (anyPattern ??= new RegExp(patterns().join("|"), "u")).test(text);
