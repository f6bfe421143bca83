import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { FILES_MAX, MANIFEST_BYTES_MAX } from './limits.ts';

/** A file of a backup as it must be: its bytes are compared before anything in it counts. */
export type BackupFile = Readonly<{ name: string; bytes: number; sha256: string }>;

/** Events of consecutive positions, and the answers of the commands that ended among them. */
export type BackupPart = Readonly<{
  /** Positions. */
  first: number;
  last: number;
  events: BackupFile;
  commands: BackupFile;
}>;

export type Manifest = Readonly<{
  format: 'plinth-backup-v1';
  /** Name of the log, made with its schema: it stands in every signed head. */
  logId: string;
  epoch: number;
  /** Last position; 0 of an empty log. */
  position: number;
  /** Of the RFC 9162 tree over all events, hex. */
  root: string;
  parts: readonly BackupPart[];
  /** Signed heads as kept beside the log, one JSON object a line. */
  heads: BackupFile;
  /** How far each service had reacted. */
  checkpoints: Readonly<Record<string, number>>;
  madeAtMs: number;
}>;

const NAME = 'manifest.json';

/** What is wrong with a backup: it is refused, and nothing is restored from it. */
export class BackupDamaged extends Error {
  override readonly name = 'BackupDamaged';
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes a file that did not exist, on disk before it returns. */
export const writeDurably = (path: string, bytes: Uint8Array): void => {
  const file = openSync(path, 'wx');
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

const syncDirectory = (directory: string): void => {
  const file = openSync(directory, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** The manifest comes last and at once: a backup that was cut off has none, or the one before. */
export const writeManifest = (directory: string, manifest: Manifest): void => {
  const body = JSON.stringify(manifest);
  const text = `${JSON.stringify({ digest: sha256(Buffer.from(body)), manifest })}\n`;
  const fresh = join(directory, `${NAME}.${process.pid}.new`);
  writeDurably(fresh, Buffer.from(text));
  renameSync(fresh, join(directory, NAME));
  syncDirectory(directory);
};

/**
 * The manifest of a directory; undefined when there is none.
 * @throws BackupDamaged when it is not whole.
 */
export const readManifest = (directory: string): Manifest | undefined => {
  const path = join(directory, NAME);
  if (!existsSync(path)) return undefined;
  const { size } = statSync(path);
  if (size > MANIFEST_BYTES_MAX)
    throw new BackupDamaged(`${NAME}: Expected at most ${MANIFEST_BYTES_MAX} bytes, was ${size}`);
  let read: Readonly<{ digest?: unknown; manifest?: Manifest }>;
  try {
    read = JSON.parse(readFileSync(path, 'utf8')) as typeof read;
  } catch {
    throw new BackupDamaged(`${NAME}: Expected JSON, it is cut or changed`);
  }
  const { digest, manifest } = read;
  if (manifest === undefined || digest !== sha256(Buffer.from(JSON.stringify(manifest))))
    throw new BackupDamaged(`${NAME}: Expected the digest of its text, it was changed`);
  if (manifest.format !== 'plinth-backup-v1')
    throw new BackupDamaged(`${NAME}: Expected format plinth-backup-v1, was ${String(manifest.format)}`);
  if (manifest.parts.length > FILES_MAX)
    throw new BackupDamaged(`${NAME}: Expected at most ${FILES_MAX} parts, was ${manifest.parts.length}`);
  return manifest;
};

/**
 * Bytes of a file of a backup.
 * @throws BackupDamaged when it is not there or not the one that was written.
 */
export const readBackupFile = (directory: string, file: BackupFile): Buffer => {
  const path = join(directory, file.name);
  if (!existsSync(path)) throw new BackupDamaged(`${file.name}: Expected the file, was none`);
  const { size } = statSync(path);
  if (size !== file.bytes) throw new BackupDamaged(`${file.name}: Expected ${file.bytes} bytes, was ${size}`);
  const bytes = readFileSync(path);
  if (sha256(bytes) !== file.sha256)
    throw new BackupDamaged(`${file.name}: Expected the bytes that were written, some have changed`);
  return bytes;
};
