/** The sources of a job's inputs: names, or rows of a Parquet file. */
import { resolve } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { BulkError } from "./bulk-error.ts";

/** Paths and URLs of pictures, or texts. */
export interface NamedInputs {
  readonly names: readonly string[];
  /** The folder to which relative paths refer. Texts and URLs need none. */
  readonly base?: string;
}

/** The rows of a column: texts, paths of pictures, or picture files as `datasets` stores them. */
export interface ParquetInputs {
  readonly parquet: string;
  readonly column: string;
  /** The column of ids. By default the id is the number of the row. */
  readonly id?: string;
  readonly begin: number;
  readonly end: number;
}

export type InputList = NamedInputs | ParquetInputs;

export interface Input {
  readonly id: string;
  /** A path, a URL, a text, or the bytes of a picture file. Undefined for anything else. */
  readonly value: string | Uint8Array | undefined;
}

/** All rows of a Parquet file. Throws BulkError if the file or a column does not exist. */
export async function parquetInputs(
  parquet: string,
  column: string,
  id?: string,
): Promise<ParquetInputs> {
  const file = await opened(parquet);
  const { num_rows, schema } = await metadataOf(file, parquet);
  const columns = childrenOf(schema);
  for (const name of id === undefined ? [column] : [column, id])
    if (!columns.includes(name))
      throw new BulkError(
        "bad-input",
        `${parquet} has no column ${name}; it has ${columns.join(", ")}`,
      );
  return { parquet, column, ...(id !== undefined && { id }), begin: 0, end: Number(num_rows) };
}

/** Reads the inputs, in order. */
export async function readInputs(list: InputList): Promise<readonly Input[]> {
  if ("names" in list) return list.names.map((name) => ({ id: name, value: located(name, list) }));
  const { parquet, column, id, begin, end } = list;
  const file = await opened(parquet);
  const rows = await parquetReadObjects({
    file,
    compressors,
    columns: id === undefined ? [column] : [column, id],
    rowStart: begin,
    rowEnd: end,
    // Bytes of pictures are no text.
    utf8: false,
  }).catch((cause: unknown) => {
    throw unreadable(parquet, cause);
  });
  return rows.map((row, i) => ({
    id: id === undefined ? String(begin + i) : String(row[id]),
    value: valueOf(row[column]),
  }));
}

const located = (name: string, { base }: NamedInputs): string =>
  base === undefined || /^[a-z]+:\/\//i.test(name) ? name : resolve(base, name);

/** `datasets` has pictures as `{ bytes, path }`. */
function valueOf(cell: unknown): Input["value"] {
  if (typeof cell === "string" || cell instanceof Uint8Array) return cell;
  const { bytes, path } = (cell ?? {}) as { readonly bytes?: unknown; readonly path?: unknown };
  if (bytes instanceof Uint8Array) return bytes;
  return typeof path === "string" ? path : undefined;
}

type File = Awaited<ReturnType<typeof asyncBufferFromFile>>;

const opened = (path: string): Promise<File> =>
  asyncBufferFromFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
const metadataOf = (file: File, path: string): ReturnType<typeof parquetMetadataAsync> =>
  parquetMetadataAsync(file).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
const unreadable = (path: string, cause: unknown): BulkError =>
  new BulkError("bad-input", `${path} cannot be read as Parquet: ${(cause as Error).message}`, {
    cause,
  });

/** Names of the top level of a schema, which lists its elements depth first. */
function childrenOf(
  schema: readonly { readonly name: string; readonly num_children?: number }[],
): readonly string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const { num_children: children = 0 } = schema[at++]!;
    for (let i = 0; i < children; i++) skip();
  };
  while (at < schema.length) {
    names.push(schema[at]!.name);
    skip();
  }
  return names;
}
