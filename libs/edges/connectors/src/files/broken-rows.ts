import { LIMITS } from './limits.ts';

/** A row that was not used, and why. Lines count from 1; the header is line 1. */
export type BrokenRow = Readonly<{ file: string; line: number; field: string; message: string }>;

/** Thrown by the reader of a row; the file's reader records it and goes on with the next row. */
export class BrokenField extends Error {
  override readonly name = 'BrokenField';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Every broken row of a data set: the first thousand in full, all of them counted, per file too. */
export class BrokenRows {
  readonly #listed: BrokenRow[] = [];
  readonly #perFile = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get listed(): readonly BrokenRow[] {
    return this.#listed;
  }

  /** Count per file, files without broken rows left out. */
  get perFile(): ReadonlyMap<string, number> {
    return this.#perFile;
  }

  add(row: BrokenRow): void {
    this.#total++;
    this.#perFile.set(row.file, (this.#perFile.get(row.file) ?? 0) + 1);
    if (this.#listed.length < LIMITS.brokenListedMax) this.#listed.push(row);
  }
}
