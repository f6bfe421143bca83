import { loadSigningKey, signRestored, startEmbeddedPostgres, witnessFile } from '@plinth/runtime';
import {
  BackupDamaged,
  checkBackup,
  createBackup,
  readManifest,
  restoreBackup,
  RestoreRefused,
  type CheckedBackup,
  type Restored,
} from '@plinth/runtime/backup';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { Row } from '../cli/output.ts';
import { startProgress } from '../cli/progress.ts';
import { auditInputs, readPublicKey, type AuditSources } from './audit-files.ts';
import { cannotOpen } from './open-log.ts';
import { REAL_CLOCK } from './open-up.ts';
import { asCliError } from './reading.ts';

/** What a person at a shell can do something about. */
const told = (error: unknown): unknown => {
  if (error instanceof BackupDamaged) return new CliError(EXIT.checkFailed, error.message);
  if (error instanceof RestoreRefused) return new CliError(EXIT.refused, error.message);
  return asCliError(error);
};

/** Runs with a bar of events on a terminal. */
const withProgress = async <T>(
  name: string,
  total: number,
  run: (done: (position: number, of?: number) => void) => Promise<T> | T,
): Promise<T> => {
  const bar = startProgress(name, total);
  try {
    return await run((position, of = total) => bar.update((position / of) * total, `${position} events`));
  } catch (error) {
    throw told(error);
  } finally {
    bar.stop();
  }
};

const positionOf = (directory: string): number => {
  try {
    return readManifest(directory)?.position ?? 0;
  } catch (error) {
    throw told(error);
  }
};

export const makeBackup = async (url: string, directory: string): Promise<Row> => {
  const nowMs = REAL_CLOCK.now();
  const { manifest, added } = await withProgress('backup', 100, (done) =>
    createBackup({ url, directory, nowMs, onPart: done }),
  );
  const { logId, epoch, position, root, parts } = manifest;
  return { directory, logId, epoch, position, added, parts: parts.length, root };
};

const checked = (directory: string, sources: AuditSources): Promise<CheckedBackup> =>
  withProgress('verify', positionOf(directory), async (done) => {
    const onPart = ({ last }: Readonly<{ last: number }>): void => done(last);
    if (sources.key === undefined) return checkBackup({ directory, onPart });
    const isOwn = sources.heads === undefined && sources.published !== true;
    if (isOwn) return checkBackup({ directory, publicKey: readPublicKey(sources.key), onPart });
    return checkBackup({ directory, ...(await auditInputs(sources, directory)), onPart });
  });

export const judgeBackup = async (directory: string, sources: AuditSources): Promise<Row> => {
  const { manifest, verification } = await checked(directory, sources);
  const { logId, epoch, position, root, parts, madeAtMs } = manifest;
  const judged =
    verification === undefined
      ? { judgedBy: 'its own hashes: name --key to judge by signed heads' }
      : { judgedBy: 'signed heads', heads: verification.heads, proven: verification.proven };
  const made = new Date(madeAtMs).toISOString();
  return { directory, made, logId, epoch, position, parts: parts.length, root, ...judged };
};

export type PutBackOptions = Readonly<{
  data?: string;
  database: string | undefined;
  position?: number;
  witness?: string;
  key?: string;
}>;

/** Checks a backup, restores it, and signs the head of the new epoch when there is a key. */
export const putBack = async (directory: string, options: PutBackOptions): Promise<Row> => {
  const { key, witness, position } = options;
  const backup = await checked(directory, key === undefined ? {} : { key });
  const restored = await withTarget(options, (ownerUrl) =>
    withProgress('restore', position ?? backup.manifest.position, (done) =>
      restoreBackup({
        ...{ ownerUrl, directory, backup, onPart: done },
        ...(position === undefined ? {} : { toPosition: position }),
      }),
    ),
  );
  if (key === undefined || witness === undefined) {
    const next = 'a signer of its heads refuses it until the witness has the head of its epoch: --witness';
    return { ...restored, next };
  }
  return { ...restored, signed: signHead(restored, backup, key, witness) };
};

const signHead = (restored: Restored, { tree }: CheckedBackup, key: string, witness: string): string => {
  if (!existsSync(key)) throw new CliError(EXIT.usage, `--key ${key}: Expected a file that exists`);
  try {
    const ports = { key: loadSigningKey(key), witness: witnessFile(witness), clock: REAL_CLOCK };
    const { size, epoch } = signRestored(restored, (at) => tree.root(at).toString('hex'), ports);
    return `head of ${size} events, epoch ${epoch}`;
  } catch (error) {
    throw new CliError(EXIT.checkFailed, `restored, but no head was signed: ${(error as Error).message}`);
  }
};

/** Runs against the owner of the database that was named, or of an embedded one in the data directory. */
const withTarget = async <T>(
  { data, database }: PutBackOptions,
  run: (ownerUrl: string) => Promise<T>,
): Promise<T> => {
  if (data === undefined) return run(database ?? '');
  const place = join(data, 'postgres');
  mkdirSync(data, { recursive: true });
  const server = await startEmbeddedPostgres({ directory: place }).catch(cannotOpen);
  try {
    return await run(server.ownerUrl);
  } finally {
    await server.stop();
  }
};
