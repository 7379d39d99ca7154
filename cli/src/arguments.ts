/** Parsers of options. They throw InvalidArgumentError, which commander prints. */
import { InvalidArgumentError } from "commander";

export const list = (text: string): string[] => {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.includes(""))
    throw new InvalidArgumentError("expected labels separated by commas, and one is empty");
  return labels;
};

export const collected = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];
export const integer = (text: string): number => {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError("expected an integer");
  return Number(text);
};
export const size = (text: string): { height: number; width: number } => {
  const [, height, width] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (!(Number(height) > 0 && Number(width) > 0))
    throw new InvalidArgumentError("expected height and width, such as 224x224");
  return { height: Number(height), width: Number(width) };
};
export const cosine = (text: string): number => {
  if (!(Number(text) > 0 && Number(text) < 1))
    throw new InvalidArgumentError("expected a number between 0 and 1, such as 0.99");
  return Number(text);
};
export const tolerance = (text: string): number => {
  if (!(Number(text) >= 0)) throw new InvalidArgumentError("expected a number of at least 0");
  return Number(text);
};
export const positive = (text: string): number => {
  if (!(integer(text) > 0)) throw new InvalidArgumentError("expected a positive integer");
  return Number(text);
};
export const part = (text: string): { index: number; of: number } => {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (!(Number(index) < Number(of)))
    throw new InvalidArgumentError("expected a part such as 0/4, the first of four");
  return { index: Number(index), of: Number(of) };
};
export const port = (text: string): number => {
  if (!(integer(text) >= 0 && Number(text) <= 65535))
    throw new InvalidArgumentError("expected a port from 0 to 65535");
  return Number(text);
};
export const delay = (text: string): number => {
  if (!(Number(text) >= 0 && Number(text) <= 10_000))
    throw new InvalidArgumentError("expected milliseconds from 0 to 10000");
  return Number(text);
};
