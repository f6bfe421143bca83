import { describe, expect, it } from '@jest/globals';
import { catalogueCodec, CorruptLog, toEnvelope, type StoredEvent } from '@plinth/eventing';
import { eventSample, mutated, Seeded } from '@plinth/messages/testing';
import { AssertionError } from '@plinth/money';
import {
  chainHash,
  eventOf,
  GENESIS,
  headersOf,
  logRecord,
  readLogRecord,
  type RawRecord,
} from './log-record.ts';
import { LogSequence } from './log-sequence.ts';

const INPUTS = Number(process.env['PLINTH_FUZZ_INPUTS'] ?? 10_000);
const SEED = Number(process.env['PLINTH_FUZZ_SEED'] ?? 20_200_312);
const CHAIN = 64;

const eventAt = (position: number, random: Seeded): StoredEvent => ({
  ...{ position: BigInt(position), stream: `account-a${position}`, version: 1, ...eventSample(random) },
  ...{ id: `00000000-0000-7000-8000-${String(position).padStart(12, '0')}`, occurredAt: 1_800_000_000_000 },
  ...{ correlationId: 'c', causationId: 'c', actor: 'spec' },
});

const random = new Seeded(SEED);
const records: RawRecord[] = [];
const links: Buffer[] = [GENESIS];
for (let n = 1; n <= CHAIN; n += 1) {
  const record = logRecord(eventAt(n, random), links[n - 1] ?? GENESIS, 1);
  links.push(record.hash);
  records.push({
    partition: 0,
    offset: BigInt(n),
    key: null,
    value: record.value,
    headers: headersOf(record),
  });
}

const ODD_NUMBERS = ['', '0', '-1', '01', '1e3', ' 1', '１', '9'.repeat(18), '9'.repeat(30), 'x', '\u0000'];

type Change = (raw: RawRecord) => RawRecord;

const header =
  (name: string, value: string | Buffer | undefined): Change =>
  (raw) => ({
    ...raw,
    headers: { ...raw.headers, [name]: value },
  });

/** Bytes and headers that no longer fit together. */
const broken: readonly (() => Change)[] = [
  () => (raw) => ({ ...raw, value: mutated(raw.value ?? Buffer.alloc(0), random) }),
  () => (raw) => ({ ...raw, value: null }),
  () => header(random.pick(['position', 'epoch']), random.pick(ODD_NUMBERS)),
  () => header(random.pick(['previous', 'hash']), Buffer.from(random.bytes(random.pick([0, 31, 32, 33])))),
  () => header(random.pick(['position', 'epoch', 'previous', 'hash']), undefined),
  () => header('traceparent', Buffer.from(random.bytes(55))),
  () => (raw) => ({ ...raw, headers: {} }),
];

/** What somebody could write who can hash: whole by its headers, and still no event. */
const forged: Change = (raw) => {
  const value = mutated(raw.value ?? Buffer.alloc(0), random);
  const previous = raw.headers['previous'] as Buffer;
  return { ...raw, value, headers: { ...raw.headers, hash: chainHash(previous, value) } };
};

/** What a reader that stands before a record makes of it. */
const outcomeOf = (raw: RawRecord, position: number): string => {
  const record = readLogRecord(raw);
  if (record === undefined) return 'damaged';
  const verdict = new LogSequence(BigInt(position - 1), links[position - 1], 1).judge(record);
  if (verdict !== 'next') return verdict;
  try {
    toEnvelope(eventOf(record), catalogueCodec);
    return 'next';
  } catch (error) {
    if (error instanceof CorruptLog || error instanceof AssertionError) return 'stops';
    throw error;
  }
};

const outcomes = (change: () => Change): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (let n = 0; n < INPUTS; n += 1) {
    const position = 1 + random.int(CHAIN);
    const raw = records[position - 1] as RawRecord;
    const changed = change()(raw);
    const outcome = outcomeOf(changed, position);
    found.set(outcome, (found.get(outcome) ?? 0) + 1);
    // Nothing but what was hashed is ever applied, unless it was hashed anew.
    if (outcome === 'next' && change !== forge)
      expect(changed.value?.equals(raw.value ?? GENESIS)).toBe(true);
  }
  return found;
};

const forge = (): Change => forged;

describe(`records of the backbone under changed bytes (seed ${SEED})`, () => {
  it('are taken as they are when nothing was changed', () => {
    for (const [n, raw] of records.entries()) expect(outcomeOf(raw, n + 1)).toBe('next');
  });

  it('are dropped, asked for again, or taken for what they are', () => {
    const found = outcomes(() => random.pick(broken)());
    expect(found.get('damaged')).toBeGreaterThan(INPUTS / 2);
    expect([...found.keys()].filter((one) => !['damaged', 'next', 'gap', 'duplicate'].includes(one))).toEqual(
      [],
    );
  });

  it('stop the reader when they are whole and no event', () => {
    const found = outcomes(forge);
    expect(found.get('stops')).toBeGreaterThan(INPUTS / 20);
    expect([...found.keys()].filter((one) => !['damaged', 'next', 'stops'].includes(one))).toEqual([]);
  });
});
