import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { concurrency, pause, refusing } from './event-log-hardness.contract.ts';
import type { AppendRequest, AppendResult, EventLog } from './event-log.ts';
import { TEST_CAUSE, TEST_NOW, testAppend, testCommand, testEvent, testRequest } from './log-requests.ts';
import type { StoredLog } from './stored-event.ts';

export type LogUnderTest = Readonly<{
  log: EventLog & StoredLog;
  /** The same log as another process sees it. */
  another: EventLog & StoredLog;
  close: () => Promise<void>;
}>;

const appended = (first: bigint, last = first): AppendResult => ({ status: 'appended', first, last });

/** What every log must do, whatever keeps it. `open` gives an empty log, once per test. */
export const eventLogContract = (name: string, open: () => Promise<LogUnderTest>): void => {
  describe(`${name}: the log's contract`, () => {
    let under: LogUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => under.close());
    appending(() => under);
    idempotency(() => under);
    checkpoints(() => under);
    reading(() => under);
    refusing(() => under);
    concurrency(() => under);
  });
};

const appending = (under: () => LogUnderTest): void => {
  it('starts empty', async () => {
    const { log } = under();
    expect(await log.head()).toEqual({ position: 0n, epoch: 1 });
    expect(await log.read(0n, 10)).toEqual([]);
    expect(await log.readStream('account-1', 0, 10)).toEqual([]);
    expect(await log.checkpoint('risk')).toBe(0n);
    expect(await log.command('ada', 'k')).toBeUndefined();
  });

  it('gives consecutive positions over all streams and returns every field as it came', async () => {
    const { log, another } = under();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const cause = { ...TEST_CAUSE, actor: 'operator:Zoë 🦉', traceparent };
    const appends = [testAppend('account-1', 0, 2), testAppend('account-2', 0, 1)];
    expect(await log.append(testRequest(appends, { cause, occurredAt: -5 }))).toEqual(appended(1n, 3n));
    expect(await log.append(testRequest([testAppend('account-1', 2)]))).toEqual(appended(4n));
    const events = await another.read(0n, 10);
    expect(events.map(({ position, stream, version }) => [position, stream, version])).toEqual([
      [1n, 'account-1', 1],
      [2n, 'account-1', 2],
      [3n, 'account-2', 1],
      [4n, 'account-1', 3],
    ]);
    const { id } = appends[0]?.events[1] ?? testEvent(0);
    expect(events[1]).toEqual({
      position: 2n,
      stream: 'account-1',
      version: 2,
      id,
      type: 'TimerFired',
      schema: 1,
      data: { service: 'risk', dueAtMs: 2 },
      occurredAt: -5,
      ...cause,
    });
    expect(events[3]).not.toHaveProperty('traceparent');
    expect(await another.head()).toEqual({ position: 4n, epoch: 1 });
  });

  it('gives the events of each stream the cause and the time that are theirs', async () => {
    const { log, another } = under();
    const because = { cause: { ...TEST_CAUSE, causationId: 'other', actor: 'service:risk' }, occurredAt: 7 };
    const appends = [testAppend('account-1', 0, 2), { ...testAppend('account-2', 0), because }];
    await log.append(testRequest(appends));
    const events = await another.read(0n, 10);
    expect(events.map(({ causationId, actor, occurredAt }) => [causationId, actor, occurredAt])).toEqual([
      ['cause-1', 'client:ada', TEST_NOW],
      ['cause-1', 'client:ada', TEST_NOW],
      ['other', 'service:risk', 7],
    ]);
    const wrong = { ...because, occurredAt: 0.5 };
    await expect(
      log.append(testRequest([{ ...testAppend('account-3', 0), because: wrong }])),
    ).rejects.toThrow(/occurredAt/);
  });

  it('refuses a stale, a future and a missing version, and changes nothing', async () => {
    const { log } = under();
    await log.append(testRequest([testAppend('account-1', 0, 2)]));
    for (const expected of [0, 1, 3]) {
      const result = await log.append(testRequest([testAppend('account-1', expected)]));
      expect(result).toEqual({ status: 'conflict', stream: 'account-1', expected, actual: 2 });
    }
    const missing = await log.append(testRequest([testAppend('account-9', 1)]));
    expect(missing).toEqual({ status: 'conflict', stream: 'account-9', expected: 1, actual: 0 });
    expect((await log.head()).position).toBe(2n);
    expect(await log.append(testRequest([testAppend('account-1', 2)]))).toEqual(appended(3n));
  });

  it('appends to several streams all or not at all; names the first that is not as expected', async () => {
    const { log } = under();
    await log.append(testRequest([testAppend('account-2', 0)]));
    const mixed = testRequest([
      testAppend('account-1', 0),
      testAppend('account-2', 0),
      testAppend('account-3', 7),
    ]);
    const refused = { status: 'conflict', stream: 'account-2', expected: 0, actual: 1 };
    expect(await log.append(mixed)).toEqual(refused);
    expect(await log.readStream('account-1', 0, 10)).toEqual([]);
    expect((await log.head()).position).toBe(1n);
  });

  it('judges requests that are sent together each by itself', async () => {
    const { log } = under();
    await log.append(testRequest([testAppend('account-0', 0)]));
    const results = await Promise.all([
      log.append(testRequest([testAppend('account-1', 0, 3)])),
      log.append(testRequest([testAppend('account-0', 0)])),
      log.append(testRequest([testAppend('account-2', 0)], { command: testCommand('k') })),
      log.append(
        testRequest([testAppend('account-3', 0)], {
          checkpoint: { consumer: 'risk', expected: 5n, position: 6n },
        }),
      ),
      log.append(testRequest([testAppend('account-4', 0, 2)], { command: testCommand('l') })),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'appended',
      'conflict',
      'appended',
      'fenced',
      'appended',
    ]);
    const events = await log.read(0n, 100);
    expect(events.map(({ position }) => position)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    expect(events.map(({ stream }) => stream).filter((stream) => stream === 'account-3')).toEqual([]);
    for (const result of [results[0], results[2], results[4]]) {
      if (result?.status !== 'appended') throw new Error('Expected appended');
      const own = events.filter(({ position }) => position >= result.first && position <= result.last);
      expect(new Set(own.map(({ stream }) => stream)).size).toBe(1);
    }
  });

  it('takes requests for one stream that are sent together one after the other', async () => {
    const { log } = under();
    const chained = await Promise.all(
      [0, 1, 2].map((version) => log.append(testRequest([testAppend('account-1', version)]))),
    );
    expect(chained).toEqual([appended(1n), appended(2n), appended(3n)]);
    const raced = await Promise.all(
      [3, 3, 3].map((version) => log.append(testRequest([testAppend('account-1', version)]))),
    );
    expect(raced.map(({ status }) => status).sort()).toEqual(['appended', 'conflict', 'conflict']);
  });

  it('calls the listeners after an append until they leave', async () => {
    const { log } = under();
    let calls = 0;
    const leave = log.onAppend(() => (calls += 1));
    await log.append(testRequest([testAppend('account-1', 0)]));
    await until(() => calls > 0);
    leave();
    const before = calls;
    await log.append(testRequest([testAppend('account-1', 1)]));
    expect(calls).toBe(before);
  });

  it('wakes the listeners of another process', async () => {
    const { log, another } = under();
    let calls = 0;
    const leave = another.onAppend(() => (calls += 1));
    for (let version = 0; calls === 0; version += 1) {
      await log.append(testRequest([testAppend('account-1', version)]));
      await pause();
    }
    leave();
    expect(calls).toBeGreaterThan(0);
  });
};

const idempotency = (under: () => LogUnderTest): void => {
  it('answers a known command key with the same body from store, whatever else it says', async () => {
    const { log, another } = under();
    const command = testCommand('place-1');
    expect(await log.append(testRequest([testAppend('account-1', 0, 2)], { command }))).toEqual(
      appended(1n, 2n),
    );
    const { answer, bodyHash } = command;
    const again = testRequest([testAppend('account-1', 2)], {
      command: { ...command, answer: new Uint8Array([7]) },
    });
    for (const log_ of [log, another]) {
      const result = await log_.append(again);
      expect(result).toMatchObject({ status: 'duplicate', last: 2n });
      expect(bytesOf(result.status === 'duplicate' ? result.answer : undefined)).toEqual(bytesOf(answer));
    }
    const stored = await another.command('ada', 'place-1');
    expect([stored?.last, bytesOf(stored?.answer), bytesOf(stored?.bodyHash)]).toEqual([
      2n,
      bytesOf(answer),
      bytesOf(bodyHash),
    ]);
    expect((await log.head()).position).toBe(2n);
  });

  it('refuses a key with another body, and keeps tenants apart', async () => {
    const { log } = under();
    await log.append(testRequest([testAppend('account-1', 0)], { command: testCommand('k', 1) }));
    const reused = await log.append(
      testRequest([testAppend('account-1', 1)], { command: testCommand('k', 2) }),
    );
    expect(reused).toEqual({ status: 'key-reused' });
    const other = testCommand('k', 2, 'bob');
    expect(await log.append(testRequest([testAppend('account-2', 0)], { command: other }))).toEqual(
      appended(2n),
    );
    const close = testCommand('bk', 3, 'bo');
    expect(await log.append(testRequest([testAppend('account-3', 0)], { command: close }))).toEqual(
      appended(3n),
    );
  });

  it('keeps no key of a refused append', async () => {
    const { log } = under();
    const command = testCommand('k');
    const stale = await log.append(testRequest([testAppend('account-1', 4)], { command }));
    expect(stale.status).toBe('conflict');
    expect(await log.command('ada', 'k')).toBeUndefined();
    expect(await log.append(testRequest([testAppend('account-1', 0)], { command }))).toEqual(appended(1n));
  });

  it('stores the answer of a command that had nothing to add', async () => {
    const { log } = under();
    await log.append(testRequest([testAppend('account-1', 0)]));
    const nothing = testRequest([], { command: testCommand('noop') });
    expect(await log.append(nothing)).toEqual({ status: 'appended', first: 2n, last: 1n });
    expect(await log.append(nothing)).toMatchObject({ status: 'duplicate', last: 1n });
  });

  it('stores an answer that rests on the version of a stream only while the stream has it', async () => {
    const { log, another } = under();
    await log.append(testRequest([testAppend('account-1', 0, 2), testAppend('account-2', 0)]));
    const looked = (version: number, key: string): AppendRequest =>
      testRequest(
        [{ stream: 'account-1', expectedVersion: version, events: [] }, testAppend('account-2', 1)],
        {
          command: testCommand(key),
        },
      );
    const conflict = { status: 'conflict', stream: 'account-1', expected: 1, actual: 2 };
    expect(await another.append(looked(1, 'old'))).toEqual(conflict);
    expect(await log.command('ada', 'old')).toBeUndefined();
    expect(await another.append(looked(2, 'new'))).toEqual(appended(4n));
    expect((await log.readStream('account-1', 0, 10)).length).toBe(2);
  });

  it('gives one effect when one command is sent many times together, from two processes', async () => {
    const { log, another } = under();
    const retries = Array.from({ length: 12 }, (_, i) =>
      (i % 2 === 0 ? log : another).append(
        testRequest([testAppend('account-1', 0)], { command: testCommand('k') }),
      ),
    );
    const results = await Promise.all(retries);
    expect(results.filter(({ status }) => status === 'appended')).toHaveLength(1);
    expect(results.filter(({ status }) => status === 'duplicate')).toHaveLength(11);
    expect((await log.head()).position).toBe(1n);
  });

  it('knows events by their ids: a reaction appended twice is one', async () => {
    const { log, another } = under();
    const reaction = testRequest([testAppend('account-1', 0, 2), testAppend('account-2', 0)]);
    expect(await log.append(reaction)).toEqual(appended(1n, 3n));
    expect(await another.append(reaction)).toEqual({ status: 'duplicate', last: 3n });
    expect((await log.head()).position).toBe(3n);
  });

  it('stops when only some of the ids are known: that is another decision under the same name', async () => {
    const { log } = under();
    const first = testAppend('account-1', 0);
    await log.append(testRequest([first]));
    const mixed = { ...testAppend('account-1', 1), events: [testEvent(2), ...first.events] };
    await expect(log.append(testRequest([mixed]))).rejects.toThrow('already appended');
    expect((await log.head()).position).toBe(1n);
  });
};

const checkpoints = (under: () => LogUnderTest): void => {
  const at = (expected: bigint, position: bigint): Pick<AppendRequest, 'checkpoint'> => ({
    checkpoint: { consumer: 'risk', expected, position },
  });

  it('moves a checkpoint with the events, or without any', async () => {
    const { log, another } = under();
    expect(await log.append(testRequest([testAppend('account-1', 0)], at(0n, 1n)))).toEqual(appended(1n));
    expect(await another.checkpoint('risk')).toBe(1n);
    expect(await log.append(testRequest([], at(1n, 5n)))).toEqual({
      status: 'appended',
      first: 2n,
      last: 1n,
    });
    expect(await another.checkpoint('risk')).toBe(5n);
    expect(await another.checkpoint('pricing')).toBe(0n);
  });

  it('fences the second of two leaders, whose events stay out', async () => {
    const { log, another } = under();
    await log.append(testRequest([testAppend('account-1', 0)], at(0n, 4n)));
    const late = await another.append(testRequest([testAppend('account-2', 0)], at(0n, 3n)));
    expect(late).toEqual({ status: 'fenced', actual: 4n });
    expect(await log.readStream('account-2', 0, 10)).toEqual([]);
    const results = await Promise.all([log, another].map((one) => one.append(testRequest([], at(4n, 6n)))));
    expect(results.map(({ status }) => status).sort()).toEqual(['appended', 'fenced']);
  });

  it('leaves the checkpoint where it is when the events are refused', async () => {
    const { log } = under();
    expect((await log.append(testRequest([testAppend('account-1', 3)], at(0n, 4n)))).status).toBe('conflict');
    expect(await log.checkpoint('risk')).toBe(0n);
  });
};

const reading = (under: () => LogUnderTest): void => {
  it('reads from any place, at most the limit', async () => {
    const { log, another } = under();
    await log.append(testRequest([testAppend('account-1', 0, 30), testAppend('account-2', 0, 30)]));
    expect((await another.read(58n, 10)).map(({ position }) => position)).toEqual([59n, 60n]);
    expect((await another.read(10n, 3)).map(({ position }) => position)).toEqual([11n, 12n, 13n]);
    expect(await another.read(60n, 3)).toEqual([]);
    expect(await another.read(9_999n, 3)).toEqual([]);
    expect((await another.readStream('account-2', 28, 10)).map(({ version }) => version)).toEqual([29, 30]);
    expect((await another.readStream('account-2', 0, 2)).map(({ position }) => position)).toEqual([31n, 32n]);
  });

  it('reads several streams at once: of each what follows, in its order, at most the limit', async () => {
    const { log, another } = under();
    const names = ['account-1', 'account-2', 'account-3'] as const;
    await log.append(testRequest([testAppend(names[0], 0, 4), testAppend(names[1], 0, 2)]));
    await log.append(testRequest([testAppend(names[0], 4, 2), testAppend(names[2], 0, 3)]));
    const after = new Map([
      [names[0], 1],
      [names[1], 0],
      ['account-none', 0],
      [names[2], 3],
    ]);
    const found = await another.readStreams(after, 3);
    const of = (name: string) => found.filter(({ stream }) => stream === name).map(({ version }) => version);
    expect(of(names[0])).toEqual([2, 3, 4]);
    expect(of(names[1])).toEqual([1, 2]);
    expect(found).toHaveLength(5);
    expect(found[0]).toEqual(
      (await another.readStream(found[0]?.stream ?? '', (found[0]?.version ?? 0) - 1, 1))[0],
    );
    expect(await another.readStreams(new Map(), 3)).toEqual([]);
  });

  it('shows the stored bytes, which no reader can change', async () => {
    const { log, another } = under();
    const { events } = testAppend('account-1', 0);
    await log.append(testRequest([{ stream: 'account-1', expectedVersion: 0, events }]));
    const [stored] = await another.readStored(0n, 1);
    const [event] = await another.read(0n, 1);
    expect(stored).toMatchObject({
      position: 1n,
      stream: 'account-1',
      version: 1,
      id: events[0]?.id,
      schema: 1,
    });
    expect(stored?.bytes.length).toBeGreaterThan(0);
    expect(event?.data).toEqual(events[0]?.data);
    Object.assign(event?.data ?? {}, { service: 'mallory' });
    expect((await another.read(0n, 1))[0]?.data).toEqual(events[0]?.data);
  });
};

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await pause();
};

const bytesOf = (bytes: Uint8Array | undefined): readonly number[] => [...(bytes ?? [])];
