import {
  exportedEvent,
  LogVerifier,
  readWitness,
  type ExportedEvent,
  type LogProof,
  type PostgresLog,
  type TreeHead,
  type Verification,
} from '@plinth/runtime';
import { createPublicKey } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { environment } from '../cli/environment.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { auditFiles } from './audit-trail.ts';

const READ_MAX = 5_000;
const RAW_KEY_BYTES = 32;

/** The raw Ed25519 public key of a PEM file that holds it, or the private key that it belongs to. */
export const readPublicKey = (path: string): Uint8Array => {
  if (!existsSync(path)) throw new CliError(EXIT.usage, `--key ${path}: Expected a file that exists`);
  try {
    const key = createPublicKey(readFileSync(path));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`was ${key.asymmetricKeyType}`);
    return new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-RAW_KEY_BYTES));
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `--key ${path}: Expected an Ed25519 key in PEM: ${(error as Error).message}`,
    );
  }
};

const HEAD_FIELDS = {
  ...{ logId: 'string', epoch: 'number', size: 'number', root: 'string' },
  ...{ timeMs: 'number', keyId: 'string', signature: 'string' },
} as const;

const EVENT_FIELDS = {
  ...{ position: 'string', stream: 'string', version: 'number', id: 'string', type: 'string' },
  ...{ schema: 'number', payload: 'string', occurredAt: 'number' },
  ...{ correlationId: 'string', causationId: 'string', actor: 'string' },
} as const;

/** Files come from anybody: what is not there is said, with file and line. */
const checkFields = (value: unknown, fields: Readonly<Record<string, string>>, where: string): void => {
  for (const [field, type] of Object.entries(fields)) {
    const found: unknown = (value as Readonly<Record<string, unknown>> | null)?.[field];
    if (typeof found === type) continue;
    throw new CliError(EXIT.checkFailed, `${where}: Expected ${field} as a ${type}, was ${typeof found}`);
  }
};

const checkedHeads = (heads: readonly TreeHead[], source: string): readonly TreeHead[] => {
  heads.forEach((head, i) => checkFields(head, HEAD_FIELDS, `${source}:${i + 1}`));
  if (heads.length === 0)
    throw new CliError(EXIT.unavailable, `${source}: Expected signed heads, was none yet`);
  return heads;
};

export const readHeads = (path: string): readonly TreeHead[] => {
  if (!existsSync(path)) throw new CliError(EXIT.usage, `--heads ${path}: Expected a file that exists`);
  return checkedHeads(readWitness(path), path);
};

/** Heads as the cell's topic has them: where the owner of its database has no hand. */
const fetchPublished = async (): Promise<readonly TreeHead[]> => {
  const { kafkaOf } = await import('@plinth/runtime/config');
  const kafka = kafkaOf(environment());
  if (kafka === undefined)
    throw new CliError(EXIT.usage, '--published: Expected PLINTH_KAFKA_BROKERS, host:port of the brokers');
  const { connectKafka, headsTopic, KafkaTopics, publishedHeads } = await import('@plinth/runtime/relay');
  const topic = headsTopic(kafka.prefix);
  try {
    const topics = new KafkaTopics(connectKafka('plinth-audit', kafka.access));
    return checkedHeads(await publishedHeads(topics, topic), topic);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { message } = error as Error;
    throw new CliError(EXIT.unavailable, `Kafka at ${kafka.access.brokers.join(',')}: ${message}`);
  }
};

export type AuditSources = Readonly<{ heads?: string; key?: string; published?: boolean }>;

/** Heads and key from where was named, or from the data directory. */
export const auditInputs = async (
  { heads, key, published }: AuditSources,
  directory: string,
): Promise<Readonly<{ heads: readonly TreeHead[]; publicKey: Uint8Array }>> => {
  if (heads !== undefined && published === true)
    throw new CliError(EXIT.usage, '--published: Expected no --heads beside it');
  const files = auditFiles(directory);
  const publicKey = readPublicKey(key ?? files.key);
  return {
    heads: published === true ? await fetchPublished() : readHeads(heads ?? files.witness),
    publicKey,
  };
};

/** The first head that covers a position. */
export const headCovering = (heads: readonly TreeHead[], position: number): TreeHead => {
  const head = heads.find(({ size }) => size >= position);
  if (head !== undefined) return head;
  const last = heads.at(-1)?.size ?? 0;
  throw new CliError(
    EXIT.unavailable,
    `Expected a position up to ${last}, the last signed head, was ${position}`,
  );
};

export const headOfSize = (heads: readonly TreeHead[], size: number): TreeHead => {
  const head = heads.find((one) => one.size === size);
  if (head !== undefined) return head;
  const sizes = heads.map((one) => one.size).slice(-10);
  throw new CliError(
    EXIT.refused,
    `Expected the size of a signed head (the last are ${sizes.join(', ')}), was ${size}`,
  );
};

/** One JSON object a line. A line that is none is a finding of its own: it names the file and the line. */
async function* exportedLines(path: string): AsyncGenerator<ExportedEvent> {
  if (!existsSync(path)) throw new CliError(EXIT.usage, `--events ${path}: Expected a file that exists`);
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    const where = `${path}:${number}`;
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      throw new CliError(EXIT.checkFailed, `${where}: Expected an exported event as JSON`);
    }
    checkFields(event, EVENT_FIELDS, where);
    yield event as ExportedEvent;
  }
}

/** Judges an exported log; nothing but the files is looked at. */
export const verifyExport = async (
  events: string,
  heads: readonly TreeHead[],
  publicKey: Uint8Array,
): Promise<Verification> => {
  const verifier = new LogVerifier(heads, publicKey);
  for await (const event of exportedLines(events)) verifier.add(event);
  return verifier.finish();
};

export const verifyStored = async (
  log: PostgresLog,
  heads: readonly TreeHead[],
  publicKey: Uint8Array,
): Promise<Verification> => {
  const verifier = new LogVerifier(heads, publicKey);
  for (let after = 0n; ;) {
    const events = await log.readStored(after, READ_MAX);
    for (const event of events) verifier.add(exportedEvent(event));
    const last = events.at(-1);
    if (last === undefined) return verifier.finish();
    after = last.position;
  }
};

export const readProof = (path: string): LogProof => {
  if (!existsSync(path)) throw new CliError(EXIT.usage, `--proof ${path}: Expected a file that exists`);
  try {
    const proof = JSON.parse(readFileSync(path, 'utf8')) as LogProof;
    if (proof.kind !== 'plinth-inclusion-v1' && proof.kind !== 'plinth-consistency-v1') {
      throw new Error(`was kind ${String((proof as { kind?: unknown }).kind)}`);
    }
    return proof;
  } catch (error) {
    throw new CliError(EXIT.usage, `--proof ${path}: Expected a proof as JSON: ${(error as Error).message}`);
  }
};

export type Exported = Readonly<{ events: number; files: readonly string[] }>;

const PEM_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * All that a stranger needs to judge the log: events, heads, and the key to compare with one that is
 * trusted.
 */
export const exportLog = async (
  log: PostgresLog,
  heads: readonly TreeHead[],
  publicKey: Uint8Array,
  directory: string,
): Promise<Exported> => {
  mkdirSync(directory, { recursive: true });
  const files = ['events.ndjson', 'heads.ndjson', 'public-key.pem'].map((name) => join(directory, name));
  const [eventsFile = '', headsFile = '', keyFile = ''] = files;
  for (const file of files) {
    if (existsSync(file)) throw new CliError(EXIT.usage, `--to ${file}: Expected no such file yet`);
  }
  const out = createWriteStream(eventsFile, { flags: 'wx' });
  let count = 0;
  for (let after = 0n; ;) {
    const page = await log.readStored(after, READ_MAX);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.position;
    count += page.length;
    const text = page.map((event) => `${JSON.stringify(exportedEvent(event))}\n`).join('');
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  writeFileSync(headsFile, heads.map((head) => `${JSON.stringify(head)}\n`).join(''), { flag: 'wx' });
  const key = createPublicKey({ key: Buffer.concat([PEM_PREFIX, publicKey]), format: 'der', type: 'spki' });
  writeFileSync(keyFile, key.export({ type: 'spki', format: 'pem' }), { flag: 'wx' });
  return { events: count, files };
};
