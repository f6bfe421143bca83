import { describe, expect, it } from '@jest/globals';
import type { AppendRequest, AppendResult } from '@plinth/eventing';
import { catalogueCodec, Overloaded, Retryable } from '@plinth/eventing';
import { testAppend, testCommand, testRequest } from '@plinth/eventing/testing';
import pg from 'pg';
import { prepareAppend, type PreparedAppend } from './append-batch.ts';
import { AppendQueue, Pace } from './append-queue.ts';
import * as limits from './limits.ts';

const DONE: AppendResult = { status: 'appended', first: 1n, last: 1n };

type Sent = Readonly<{ batch: readonly PreparedAppend[]; answer: () => void; fail: (error: Error) => void }>;

/** Lanes that answer when the test says so. */
const setUp = (lanes = 1, pace = new Pace()) => {
  const sent: Sent[] = [];
  let wakes = 0;
  const lane = (batch: readonly PreparedAppend[]): Promise<readonly (AppendResult | Error)[]> =>
    new Promise((resolve, reject) => {
      sent.push({ batch, answer: () => resolve(batch.map(() => DONE)), fail: reject });
    });
  const queue = new AppendQueue(
    Array.from({ length: lanes }, () => lane),
    () => (wakes += 1),
    pace,
  );
  const add = (request: AppendRequest): Promise<AppendResult> =>
    queue.add(prepareAppend(request, catalogueCodec));
  return { queue, add, sent, wakes: () => wakes };
};

const toStream = (stream: string, version = 0): AppendRequest => testRequest([testAppend(stream, version)]);

const commandTo = (stream: string): AppendRequest =>
  testRequest([testAppend(stream, 0)], { command: testCommand(stream) });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const streamsOf = (sent: Sent | undefined): readonly string[] =>
  (sent?.batch ?? []).map(({ request }) => request.appends[0]?.stream ?? '');

/** What the driver throws when the server refuses a value, as a lane passes it on. */
const refusedValue = (): Error => {
  const cause = new pg.DatabaseError('invalid byte sequence', 0, 'error');
  cause.code = '22021';
  return new Error('the database refused', { cause });
};

describe('AppendQueue', () => {
  it('sends together what arrives together, and what arrives meanwhile in the next batch', async () => {
    const { add, sent, wakes } = setUp();
    const first = [add(toStream('a-1')), add(toStream('a-2'))];
    await turn();
    const second = [add(toStream('a-3')), add(toStream('a-4')), add(toStream('a-5'))];
    await turn();
    expect(sent.map(streamsOf)).toEqual([['a-1', 'a-2']]);
    sent[0]?.answer();
    await Promise.all(first);
    await turn();
    expect(streamsOf(sent[1])).toEqual(['a-3', 'a-4', 'a-5']);
    sent[1]?.answer();
    await Promise.all(second);
    expect(wakes()).toBe(2);
  });

  it('never puts two requests of one stream, key or consumer into a batch; nobody overtakes', async () => {
    const { add, sent } = setUp();
    const command = testCommand('k');
    const checkpoint = { consumer: 'risk', expected: 0n, position: 1n };
    void add(toStream('a-1'));
    void add(testRequest([testAppend('a-1', 1), testAppend('a-2', 0)]));
    void add(toStream('a-2', 1));
    void add(testRequest([testAppend('a-3', 0)], { command }));
    void add(testRequest([testAppend('a-4', 0)], { command }));
    void add(testRequest([testAppend('a-5', 0)], { checkpoint }));
    void add(testRequest([testAppend('a-6', 0)], { checkpoint }));
    for (let i = 0; i < 3; i += 1) {
      await turn();
      sent[i]?.answer();
    }
    await turn();
    expect(sent.map(streamsOf)).toEqual([['a-1', 'a-5', 'a-3'], ['a-1', 'a-6', 'a-4'], ['a-2']]);
  });

  it('shares a large queue between its lanes', async () => {
    const { add, sent } = setUp(2);
    for (let i = 0; i < 200; i += 1) void add(toStream(`a-${i}`));
    await turn();
    expect(sent.map(({ batch }) => batch.length)).toEqual([100, 100]);
  });

  it('keeps a queue together when a commit costs more than a second transaction gains', async () => {
    const pace = new Pace();
    for (let i = 0; i < 100; i += 1) pace.sample(8);
    expect(pace.commitMs).toBeGreaterThan(7);
    const { add, sent } = setUp(2, pace);
    for (let i = 0; i < 200; i += 1) void add(toStream(`a-${i}`));
    await turn();
    for (let i = 200; i < 300; i += 1) void add(toStream(`a-${i}`));
    await turn();
    expect(sent.map(({ batch }) => batch.length)).toEqual([200]);
    pace.sample(0.4);
    expect(pace.commitMs).toBe(0.4);
    sent[0]?.answer();
    await turn();
    expect(sent.map(({ batch }) => batch.length)).toEqual([200, 50, 50]);
  });

  it('keeps a batch within its limits', async () => {
    const { add, sent } = setUp();
    for (let i = 0; i < 15; i += 1) void add(testRequest([testAppend(`a-${i}`, 0, 1_000)]));
    await turn();
    expect(sent[0]?.batch.length).toBe(limits.MAX_BATCH_EVENTS / 1_000);
  });

  it('tells everybody of a batch when its outcome is unknown', async () => {
    const { add, sent } = setUp();
    const both = Promise.allSettled([add(toStream('a-1')), add(toStream('a-2'))]);
    await turn();
    sent[0]?.fail(new Retryable('gone'));
    expect((await both).map((result) => result.status === 'rejected' && String(result.reason))).toEqual([
      'Retryable: gone',
      'Retryable: gone',
    ]);
  });

  it('tries each alone when the server refused a value of one of them', async () => {
    const { add, sent } = setUp();
    const all = Promise.allSettled([add(toStream('a-1')), add(toStream('a-2')), add(toStream('a-3'))]);
    await turn();
    sent[0]?.fail(refusedValue());
    await turn();
    sent[1]?.answer();
    await turn();
    sent[2]?.fail(refusedValue());
    await turn();
    sent[3]?.answer();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent.map(streamsOf)).toEqual([['a-1', 'a-2', 'a-3'], ['a-1'], ['a-2'], ['a-3']]);
  });

  it('asks to come back when too many wait', async () => {
    const { add, sent } = setUp();
    void add(toStream('a-first'));
    await turn();
    for (let i = 0; i < limits.MAX_QUEUED_APPENDS; i += 1) void add(commandTo(`a-${i}`));
    await expect(add(commandTo('a-late'))).rejects.toThrow('overloaded: 16384 appends are waiting');
    await expect(add(commandTo('a-late'))).rejects.toBeInstanceOf(Overloaded);
    sent[0]?.answer();
    await turn();
    await turn();
    expect(sent[1]?.batch.length).toBe(limits.MAX_BATCH_APPENDS);
  });

  it('takes what services append themselves when full of commands, and sends that first', async () => {
    const { add, sent } = setUp();
    void add(commandTo('a-first'));
    await turn();
    for (let i = 0; i < limits.MAX_QUEUED_APPENDS; i += 1) void add(commandTo(`a-${i}`));
    void add(toStream('margin-1'));
    void add(toStream('liquidation-1'));
    await expect(add(commandTo('a-late'))).rejects.toBeInstanceOf(Overloaded);
    sent[0]?.answer();
    await turn();
    await turn();
    expect(streamsOf(sent[1]).slice(0, 3)).toEqual(['margin-1', 'liquidation-1', 'a-0']);
    // In the middle of it too: whatever waits, the next batch begins with them.
    void add(toStream('margin-2'));
    sent[1]?.answer();
    await turn();
    await turn();
    expect(streamsOf(sent[2]).slice(0, 2)).toEqual(['margin-2', 'a-1022']);
    // Their room has an end as well.
    for (let i = 0; i < limits.RESERVE * limits.MAX_QUEUED_APPENDS; i += 1)
      add(toStream(`own-${i}`)).catch(() => undefined);
    await expect(add(toStream('own-late'))).rejects.toBeInstanceOf(Overloaded);
  });

  it('answers what it took before it is closed, and takes no more', async () => {
    const { queue, add, sent } = setUp();
    const taken = [add(toStream('a-1'))];
    await turn();
    taken.push(add(toStream('a-2')));
    let isClosed = false;
    const closing = queue.close().then(() => (isClosed = true));
    await expect(add(toStream('a-3'))).rejects.toThrow('the log is closed');
    sent[0]?.answer();
    await turn();
    expect(isClosed).toBe(false);
    sent[1]?.answer();
    await Promise.all([...taken, closing]);
    await expect(queue.close()).resolves.toBeUndefined();
  });
});
