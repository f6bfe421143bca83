import { expect, it } from '@jest/globals';
import type { LogUnderTest } from './event-log.contract.ts';
import type { AppendRequest, EventLog, StreamAppend } from './event-log.ts';
import { TEST_CAUSE, testAppend, testCommand, testEvent, testId, testRequest } from './log-requests.ts';
import { runTraffic } from './log-traffic.ts';

// The parts of the log's contract that send bad requests and many at once.

export const refusing = (under: () => LogUnderTest): void => {
  const good = (): StreamAppend => testAppend('account-1', 0);
  const bad: readonly (readonly [string, () => AppendRequest])[] = [
    ['nothing at all', () => testRequest([])],
    ['a stream without events', () => testRequest([{ ...good(), events: [] }])],
    ['a stream twice', () => testRequest([good(), good()])],
    ['a stream name with a control character', () => testRequest([{ ...good(), stream: 'account-\0' }])],
    [
      'a stream name that is too long',
      () => testRequest([{ ...good(), stream: `account-${'x'.repeat(200)}` }]),
    ],
    ['a negative version', () => testRequest([{ ...good(), expectedVersion: -1 }])],
    ['a fraction as version', () => testRequest([{ ...good(), expectedVersion: 0.5 }])],
    ['an id that is no uuid', () => testRequest([{ ...good(), events: [testEvent(1, 'x')] }])],
    [
      'an id twice',
      () => testRequest([{ ...good(), events: [testEvent(1, testId(0)), testEvent(2, testId(0))] }]),
    ],
    ['an empty actor', () => testRequest([good()], { cause: { ...TEST_CAUSE, actor: '' } })],
    [
      'a control character in the actor',
      () => testRequest([good()], { cause: { ...TEST_CAUSE, actor: 'a\u0000b' } }),
    ],
    [
      'half a surrogate pair',
      () => testRequest([good()], { cause: { ...TEST_CAUSE, correlationId: '\ud800' } }),
    ],
    ['a time with a fraction', () => testRequest([good()], { occurredAt: 0.5 })],
    [
      'a short body hash',
      () => testRequest([good()], { command: { ...testCommand('k'), bodyHash: new Uint8Array(31) } }),
    ],
    ['an empty command key', () => testRequest([good()], { command: testCommand('') })],
    [
      'a checkpoint that goes back',
      () => testRequest([good()], { checkpoint: { consumer: 'risk', expected: 5n, position: 4n } }),
    ],
  ];

  it.each(bad)('throws on %s, and its neighbours are appended', async (_, request) => {
    const { log } = under();
    const neighbours = [log.append(testRequest([testAppend('account-8', 0)]))];
    const refused = expect(log.append(request())).rejects.toThrow('Expected');
    neighbours.push(log.append(testRequest([testAppend('account-9', 0)])));
    await refused;
    expect((await Promise.all(neighbours)).map(({ status }) => status)).toEqual(['appended', 'appended']);
    expect((await log.head()).position).toBe(2n);
  });

  it('throws on a read that is too long or starts before the log', async () => {
    const { log } = under();
    await expect(log.read(0n, 10_001)).rejects.toThrow('Expected a read of 1 to 10000 events, was 10001');
    await expect(log.read(0n, 0)).rejects.toThrow('was 0');
    await expect(log.read(-1n, 1)).rejects.toThrow('was -1');
    await expect(log.readStream('account-1', -1, 1)).rejects.toThrow('was -1');
  });
};

export const concurrency = (under: () => LogUnderTest): void => {
  it('lets exactly one of many racing writers win each version of a stream', async () => {
    const { log, another } = under();
    const wins = new Map<number, number>();
    const race = async (one: EventLog): Promise<void> => {
      for (let version = 0; version < 40;) {
        const result = await one.append(testRequest([testAppend('account-1', version)]));
        if (result.status === 'appended') wins.set(version, (wins.get(version) ?? 0) + 1);
        version = result.status === 'conflict' ? result.actual : version + 1;
      }
    };
    await Promise.all([log, another, log, another, log, another].map(race));
    expect([...wins.values()].every((count) => count === 1)).toBe(true);
    const versions = (await log.readStream('account-1', 0, 1_000)).map(({ version }) => version);
    expect(versions).toEqual(versions.map((_, i) => i + 1));
    expect(wins.size).toBe(versions.length);
  });

  it('shows every committed event to every reader, with no gap and in order', async () => {
    const { log, another } = under();
    let appends = 0;
    const writer = (one: EventLog, stream: string): (() => Promise<readonly string[]>) => {
      let version = 0;
      return async () => {
        appends += 1;
        const stale = appends % 10 === 0;
        const append = testAppend(stream, stale ? version + 1 : version, (appends % 3) + 1);
        const result = await one.append(testRequest([append]));
        if (result.status !== 'appended') return [];
        version += append.events.length;
        return append.events.map(({ id }) => id);
      };
    };
    const report = await runTraffic({
      writers: Array.from({ length: 8 }, (_, i) => writer(i % 2 === 0 ? log : another, `account-${i}`)),
      readers: [log, another, log].map((one) => (after: bigint) => one.read(after, 500)),
      isOver: () => appends >= 2_000,
      pause,
    });
    expect(report).toEqual({ committed: report.committed, missed: 0, gaps: 0, inversions: 0 });
    expect(report.committed).toBeGreaterThan(2_000);
    expect((await log.head()).position).toBe(BigInt(report.committed));
  });
};

export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
