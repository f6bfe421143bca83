import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { TreeHead } from './tree-head.ts';

/**
 * Where heads are published out of the database's reach: append-only, one JSON object a line, on disk before
 * it counts.
 */
export interface Witness {
  heads(): readonly TreeHead[];
  publish(head: TreeHead): void;
}

const HEADS_MAX = 10_000_000;

export class WitnessError extends Error {
  override readonly name = 'WitnessError';
}

export const readWitness = (path: string): readonly TreeHead[] => {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // A last line that a crash cut off was never answered.
  lines.pop();
  if (lines.length > HEADS_MAX) throw new WitnessError(`${path}: Expected at most ${HEADS_MAX} heads`);
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as TreeHead;
    } catch {
      throw new WitnessError(`${path}:${i + 1}: Expected a tree head as JSON`);
    }
  });
};

/** What a crash left of a last line goes before the next head is written, or it would spoil that one too. */
const cutHalfLine = (path: string): void => {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
};

export const witnessFile = (path: string): Witness => {
  cutHalfLine(path);
  const known = [...readWitness(path)];
  return {
    heads: () => known,
    publish: (head) => {
      const file = openSync(path, 'a');
      try {
        writeSync(file, `${JSON.stringify(head)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      known.push(head);
    },
  };
};
