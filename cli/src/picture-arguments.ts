/** What commands take for pictures: files, folders, patterns, addresses and standard input. */
import { existsSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { InputError } from "@sigil/runtime";
import { decodeImage, loadImage, type DecodeOptions } from "@sigil/runtime/node";
import { glob, isDynamicPattern } from "tinyglobby";

/** Of the formats that decodeImage reads. */
const endings = "png,jpg,jpeg,gif,webp,avif,tif,tiff";

/**
 * The pictures of a command's arguments in order: a folder stands for the picture files in it and
 * below, a pattern for those that it matches, by name. Throws InputError for either that has none.
 */
export async function pictureArguments(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    given.map(async (name) => {
      if (name === "-" || /^[a-z]+:\/\//i.test(name)) return [name];
      if (statSync(name, { throwIfNoEntry: false })?.isDirectory())
        return found(
          await glob(`**/*.{${endings}}`, { cwd: name, caseSensitiveMatch: false }),
          `${name}: expected a folder with pictures (${endings.replaceAll(",", ", ")})`,
        ).map((file) => join(name, file));
      // A file may have a pattern's letters in its name.
      if (!existsSync(name) && isDynamicPattern(name))
        return found(
          await glob(name.replaceAll("\\", "/"), { absolute: isAbsolute(name) }),
          `${name}: expected a pattern that matches files`,
        );
      return [name];
    }),
  );
  return lists.flat();
}

function found(names: readonly string[], expected: string): string[] {
  if (names.length === 0) throw new InputError(`${expected}, found none`);
  return [...names].sort();
}

/** Decodes a picture of a command's arguments. Throws ImageError. */
export const decodePicture = async (
  name: string,
  options: DecodeOptions = {},
): Promise<Awaited<ReturnType<typeof loadImage>>> =>
  name === "-" ? decodeImage(await standardInput(), options) : loadImage(name, options);

const inputs = new WeakMap<NodeJS.ReadableStream, Promise<Buffer>>();

/** All of stdin, read once however often it is asked for. */
function standardInput(): Promise<Buffer> {
  const { stdin } = process;
  const reading = inputs.get(stdin) ?? readAll(stdin);
  inputs.set(stdin, reading);
  return reading;
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
