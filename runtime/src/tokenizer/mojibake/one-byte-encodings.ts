/**
 * What encodings of one byte have for the bytes from 0x80, by Unicode's mappings of them
 * (unicode.org/Public/MAPPINGS). A space stands for the character of the byte's own number, as in
 * Latin-1, which Windows' encodings have where they have nothing.
 */
const upperHalves = {
  "latin-1": "",
  "windows-1252":
    "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ ¡¢£¤¥¦§¨©ª«¬ ®¯°±²³´µ¶·¸¹º»¼½¾¿" +
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
  "windows-1251":
    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–— ™љ›њќћџ ЎўЈ¤Ґ¦§Ё©Є«¬ ®Ї°±Ііґµ¶·ё№є»јЅѕї" +
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
  "windows-1250":
    "€ ‚ „…†‡ ‰Š‹ŚŤŽŹ ‘’“”•–— ™š›śťžź ˇ˘Ł¤Ą¦§¨©Ş«¬ ®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż" +
    "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
  "windows-1253":
    "€ ‚ƒ„…†‡ ‰ ‹     ‘’“”•–— ™ ›     ΅Ά£¤¥¦§¨©ª«¬ ®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏ" +
    "ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ",
  "windows-1254":
    "€ ‚ƒ„…†‡ˆ‰Š‹Œ    ‘’“”•–—˜™š›œ  Ÿ ¡¢£¤¥¦§¨©ª«¬ ®¯°±²³´µ¶·¸¹º»¼½¾¿" +
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ",
  "windows-1257":
    "€ ‚ „…†‡ ‰ ‹ ¨ˇ¸ ‘’“”•–— ™ › ¯˛  ¡¢£¤¥¦§Ø©Ŗ«¬ ®Æ°±²³´µ¶·ø¹ŗ»¼½¾æ" +
    "ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙",
  "iso-8859-2":
    "                                 Ą˘Ł¤ĽŚ§¨ŠŞŤŹ ŽŻ°ą˛ł´ľśˇ¸šşťź˝žż" +
    "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
  macroman:
    "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø" +
    "¿¡¬√ƒ≈∆«»…\xa0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
  cp437:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
    "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\xa0",
} as const;

export type OneByteEncoding = keyof typeof upperHalves;

/** In the order in which ftfy tries them. */
export const oneByteEncodings = Object.keys(upperHalves) as readonly OneByteEncoding[];

/** The character that a byte from 0x80 to 0xff stands for. */
export function characterOf(encoding: OneByteEncoding, byte: number): string {
  const found = upperHalves[encoding][byte - 0x80] ?? " ";
  return found === " " ? String.fromCharCode(byte) : found;
}

/** Whether bytes that it has no character for stand for their own number. */
export const isWindows = (encoding: OneByteEncoding): boolean => encoding.startsWith("windows");

const bytesOf = new Map<OneByteEncoding, ReadonlyMap<string, string>>();

/**
 * A text as the bytes that it was decoded from, one in each character; undefined where it has
 * characters that the encoding lacks. In those of Windows U+FFFD is the byte 0x1A, as ftfy has it:
 * a byte that was lost.
 */
export function encode(text: string, encoding: OneByteEncoding): string | undefined {
  let known = bytesOf.get(encoding);
  if (!known) {
    const byte = (_: unknown, i: number): [string, string] => [
      characterOf(encoding, 0x80 + i),
      String.fromCharCode(0x80 + i),
    ];
    known = new Map(Array.from({ length: 128 }, byte));
    bytesOf.set(encoding, known);
  }
  let bytes = "";
  for (const char of text) {
    const windows = isWindows(encoding);
    if (windows && char === "\ufffd") bytes += "\x1a";
    else if (char < "\x80" && !(windows && char === "\x1a")) bytes += char;
    else {
      const byte = known.get(char);
      if (byte === undefined) return undefined;
      bytes += byte;
    }
  }
  return bytes;
}
