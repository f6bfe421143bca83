import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

/** What makes two runs the same run: their logs must be equal. */
export type RunIdentity = Readonly<Record<string, string | number>>;

type RunFile = Readonly<{ identity: RunIdentity; finished: boolean }>;

const FILE = 'run.json';

const read = (directory: string): RunFile | undefined => {
  const path = join(directory, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunFile;
  } catch {
    throw new CliError(EXIT.usage, `${path}: Expected JSON; delete the directory to start anew`);
  }
};

const write = (directory: string, file: RunFile): void => {
  const path = join(directory, FILE);
  writeFileSync(`${path}.part`, `${JSON.stringify(file, null, 2)}\n`);
  renameSync(`${path}.part`, path);
};

/**
 * Opens the directory of a run: one that was cut is taken up again, a finished one is done anew. A directory
 * that is not empty and not a run's is left alone.
 */
export const openRunDirectory = (
  directory: string,
  identity: RunIdentity,
): Readonly<{ resumed: boolean }> => {
  const known = read(directory);
  if (existsSync(join(directory, 'market.json'))) {
    throw new CliError(EXIT.usage, `${directory}: holds the data of \`plinth up\`: use another directory`);
  }
  if (known === undefined && existsSync(join(directory, 'postgres'))) {
    throw new CliError(EXIT.usage, `${directory}: Expected an empty directory or one of an earlier run`);
  }
  if (known !== undefined && !known.finished) {
    if (JSON.stringify(known.identity) !== JSON.stringify(identity)) {
      const was = JSON.stringify(known.identity);
      throw new CliError(
        EXIT.usage,
        `${directory}: holds an unfinished run of ${was}: finish it or delete the directory`,
      );
    }
    return { resumed: true };
  }
  if (known !== undefined) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  write(directory, { identity, finished: false });
  return { resumed: false };
};

export const markFinished = (directory: string, identity: RunIdentity): void =>
  write(directory, { identity, finished: true });
