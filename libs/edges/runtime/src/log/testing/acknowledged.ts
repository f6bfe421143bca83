import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What was answered to a command that was acknowledged. */
export type Acknowledgement = Readonly<{ key: string; position: string }>;

/**
 * What callers were told, kept outside of whatever is killed: a line is on the disk before the next command
 * is sent.
 */
export class AcknowledgedFile {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  note(acknowledgement: Acknowledgement): void {
    writeSync(this.#file, `${JSON.stringify(acknowledgement)}\n`);
    fsyncSync(this.#file);
  }

  read(): readonly Acknowledgement[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Acknowledgement);
  }

  close(): void {
    closeSync(this.#file);
  }
}
