/** Settings of pictures in the configs of open_clip and timm. */
import { shown } from "@sigil/spec/shared";
import { ImageError } from "./raw-image.ts";

export type Settings = Readonly<Record<string, unknown>>;

/** An object of a config; an empty one where it is absent. */
export const settingsIn = (config: unknown, key: string): Settings =>
  Object((config as Settings | null)?.[key] ?? {}) as Settings;

/** Throws ImageError for a value that is none of these. */
export function oneOf<T extends string>(
  settings: Settings,
  key: string,
  choices: readonly T[],
  absent: T,
): T {
  const value = settings[key] ?? absent;
  if (choices.includes(value as T)) return value as T;
  throw new ImageError(
    `${key}: expected ${choices.map((choice) => JSON.stringify(choice)).join(" or ")}, ` +
      `received ${shown(value)}`,
  );
}

/** One number or a list of them; 0.5 where it is absent. Throws ImageError. */
export function channelNumbers(settings: Settings, key: string): readonly number[] {
  const values = [settings[key] ?? 0.5].flat() as readonly unknown[] as readonly number[];
  if (values.length > 0 && values.every(Number.isFinite)) return values;
  throw new ImageError(`${key}: expected numbers, received ${shown(settings[key])}`);
}

/** A side in pixels, or two that are equal. Throws ImageError. */
export function sideOf(name: string, value: unknown): number {
  const sides = [value].flat() as readonly unknown[] as readonly number[];
  if (
    sides.length > 0 &&
    sides.every((side) => Number.isSafeInteger(side) && side === sides[0] && side > 0)
  )
    return sides[0]!;
  throw new ImageError(
    `${name}: expected the side of a square in pixels, received ${shown(value)}`,
  );
}
