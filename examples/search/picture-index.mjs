// The pictures of a folder and their embeddings, kept in LanceDB between runs.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "@lancedb/lancedb";
import { glob } from "tinyglobby";

const endings = "png,jpg,jpeg,gif,webp,avif,tif,tiff";
/** Pictures that are embedded and stored together: what a run that is cut off loses at most. */
const atOnce = 32;

export class PictureIndex {
  #folder;
  #database;
  #name;
  #table;
  /** Path, id and time of change of each picture, by id. */
  #pictures = new Map();

  static async open(folder, store, model) {
    const index = new PictureIndex();
    index.#folder = folder;
    index.#database = await connect(store);
    // Embeddings of two models do not compare.
    index.#name = `pictures-${digest(model)}`;
    if ((await index.#database.tableNames()).includes(index.#name))
      index.#table = await index.#database.openTable(index.#name);
    return index;
  }

  get size() {
    return this.#pictures.size;
  }

  /** The file of a picture, or undefined for an id that is none. */
  fileOf(id) {
    const picture = this.#pictures.get(id);
    return picture && join(this.#folder, picture.path);
  }

  /** Embeds what is new or has changed, and forgets what is gone. */
  async update(embedImages, onProgress) {
    const found = await this.#found();
    const kept = new Map((await this.#stored()).map(({ id, modified }) => [id, Number(modified)]));
    const gone = [...kept.keys()].filter((id) => !found.has(id));
    if (gone.length > 0)
      await this.#table.delete(`id IN (${gone.map((id) => `'${id}'`).join(", ")})`);
    const left = [...found.values()].filter(({ id, modified }) => kept.get(id) !== modified);
    const unreadable = [];
    for (let begin = 0; begin < left.length; begin += atOnce) {
      const some = left.slice(begin, begin + atOnce);
      const rows = await this.#embedded(some, embedImages, unreadable);
      if (rows.length > 0) await this.#store(rows);
      onProgress(begin + some.length, left.length);
    }
    for (const { id } of await this.#stored()) this.#pictures.set(id, found.get(id));
    return { unreadable };
  }

  /** The nearest pictures by cosine: `[{ id, path, similarity }]`, the most similar first. */
  async search(vector, count = 60) {
    if (!this.#table) return [];
    const rows = await this.#table
      .search(Array.from(vector))
      .distanceType("dot")
      .select(["id", "path", "_distance"])
      .limit(count)
      .toArray();
    return rows.map(({ id, path, _distance }) => ({ id, path, similarity: 1 - _distance }));
  }

  async #found() {
    const paths = await glob(`**/*.{${endings}}`, {
      cwd: this.#folder,
      caseSensitiveMatch: false,
    });
    const entries = await Promise.all(
      paths.sort().map(async (path) => {
        const { mtimeMs } = await stat(join(this.#folder, path));
        return { id: digest(path), path, modified: Math.floor(mtimeMs) };
      }),
    );
    return new Map(entries.map((entry) => [entry.id, entry]));
  }

  async #stored() {
    return this.#table ? this.#table.query().select(["id", "modified"]).toArray() : [];
  }

  /** Rows of those pictures that can be read; a whole batch is tried before each by itself. */
  async #embedded(pictures, embedImages, unreadable) {
    const row = ({ id, path, modified }, vector) => ({ id, path, modified, vector: [...vector] });
    const files = pictures.map(({ path }) => join(this.#folder, path));
    try {
      const { data, shape } = await embedImages(files, { normalize: true });
      const width = shape[1];
      return pictures.map((one, i) => row(one, data.subarray(i * width, (i + 1) * width)));
    } catch (error) {
      if (pictures.length > 1) {
        const rows = [];
        for (const picture of pictures)
          rows.push(...(await this.#embedded([picture], embedImages, unreadable)));
        return rows;
      }
      unreadable.push(error.message);
      return [];
    }
  }

  async #store(rows) {
    if (this.#table)
      await this.#table
        .mergeInsert("id")
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(rows);
    else this.#table = await this.#database.createTable(this.#name, rows);
  }
}

const digest = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);
