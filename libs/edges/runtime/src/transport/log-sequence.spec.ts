import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '@plinth/eventing';
import fc from 'fast-check';
import { GENESIS, headersOf, logRecord, readLogRecord, type LogRecord } from './log-record.ts';
import { LogSequence } from './log-sequence.ts';

const event = (position: number, seed = 0): StoredEvent => ({
  position: BigInt(position),
  ...{ stream: 'account-1', version: position, id: `id-${position}-${seed}`, type: 'TimerFired', schema: 1 },
  bytes: new Uint8Array([1, 2, position % 256]),
  occurredAt: 1_700_000_000_000 + position,
  ...{ correlationId: 'c', causationId: 'c', actor: 'client:ada' },
});

/** Records 1 … count of one history; from `forkAt` on those of another one. */
const history = (count: number, forkAt = Infinity, epoch = 1): readonly LogRecord[] => {
  let previous: Buffer = GENESIS;
  return Array.from({ length: count }, (_, i) => {
    const record = logRecord(event(i + 1, i + 1 >= forkAt ? 1 : 0), previous, epoch);
    previous = record.hash;
    return record;
  });
};

const LOG = history(40);
const at = (position: number, records = LOG): LogRecord => records[position - 1] as LogRecord;

/** A reader that repairs every gap from the log at once; returns what it applied. */
const follow = (delivered: readonly LogRecord[]): readonly bigint[] => {
  const sequence = new LogSequence(0n, GENESIS, 1);
  const applied: bigint[] = [];
  const apply = (record: LogRecord): void => {
    sequence.advance(record.position, record.hash);
    applied.push(record.position);
  };
  for (const record of delivered) {
    if (sequence.judge(record) === 'gap') {
      while (sequence.last < record.position - 1n) apply(at(applied.length + 1));
    }
    if (sequence.judge(record) === 'next') apply(record);
  }
  return applied;
};

describe('what a reader of the backbone makes of records', () => {
  it('is every event once and in order, however they are lost, repeated and shuffled', () => {
    const deliveries = fc.array(fc.integer({ min: 1, max: LOG.length }), { maxLength: 200 });
    fc.assert(
      fc.property(deliveries, (positions) => {
        const applied = follow(positions.map((position) => at(position)));
        const furthest = positions.reduce((a, b) => Math.max(a, b), 0);
        expect(applied).toEqual(Array.from({ length: furthest }, (_, i) => BigInt(i + 1)));
      }),
    );
  });

  it('is a fork as soon as a record of another history comes, whether it is next or was applied', () => {
    const other = history(40, 10);
    const sequence = new LogSequence(0n, GENESIS, 1);
    for (const record of LOG.slice(0, 20)) sequence.advance(record.position, record.hash);
    expect(sequence.judge(at(21, other))).toBe('forked');
    expect(sequence.judge(at(12, other))).toBe('forked');
    expect(sequence.judge(at(9, other))).toBe('duplicate');
    expect(sequence.judge(at(21))).toBe('next');
  });

  it('leaves alone what a relay of an earlier epoch says', () => {
    const sequence = new LogSequence(0n, GENESIS, 2);
    for (const record of LOG.slice(0, 20)) sequence.advance(record.position, record.hash);
    const old = history(40, 10, 1);
    for (const position of [12, 21, 30]) expect(sequence.judge(at(position, old))).toBe('stale');
  });

  it('does not take a link on trust that it has not seen', () => {
    const sequence = new LogSequence(20n, undefined, 1);
    expect(sequence.judge(at(20))).toBe('duplicate');
    expect(sequence.judge(at(21))).toBe('unlinked');
    sequence.advance(21n, undefined);
    sequence.link(at(21).hash);
    expect(sequence.judge(at(22))).toBe('next');
    expect(sequence.judge(at(22, history(40, 21)))).toBe('forked');
  });
});

describe('a record of the backbone', () => {
  const raw = (record: LogRecord) => ({
    ...{ partition: 0, offset: 0n, key: null, value: record.value },
    headers: headersOf(record) as Record<string, string | Buffer>,
  });

  it('comes back as it went', () => {
    const traced = logRecord({ ...event(1), traceparent: '00-aa-bb-01' }, GENESIS, 3);
    for (const record of [at(7), traced]) expect(readLogRecord(raw(record))).toEqual(record);
  });

  it('is known for damaged whichever of its parts is changed', () => {
    const record = at(7);
    const flipped = (bytes: Buffer): Buffer =>
      Buffer.from(bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)));
    const { headers } = raw(record);
    const damaged = [
      { ...raw(record), value: flipped(record.value) },
      { ...raw(record), value: null },
      { ...raw(record), headers: { ...headers, hash: flipped(record.hash) } },
      { ...raw(record), headers: { ...headers, previous: flipped(record.previous) } },
      { ...raw(record), headers: { ...headers, previous: Buffer.alloc(3) } },
      { ...raw(record), headers: { ...headers, position: '07' } },
      { ...raw(record), headers: { ...headers, position: '8' } },
      { ...raw(record), headers: { ...headers, epoch: '' } },
    ];
    for (const one of damaged) expect(readLogRecord(one)).toBeUndefined();
  });
});
