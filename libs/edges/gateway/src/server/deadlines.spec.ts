import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status as grpc } from '@grpc/grpc-js';
import { AssertionError } from '@plinth/money';
import { OutcomeUnknown, reject, Retryable, type Rejection } from '@plinth/eventing';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import type { GatewayClient } from '../client/gateway-client.ts';

const order = {
  ...{ orderId: 'alpha.1', accountId: 'a1', subAccountId: '', instrumentId: 'BTC-PERP', side: 'buy' },
  ...{ quantity: '1', orderType: 'market', limitPrice: '', timeInForce: 'ioc', reduceOnly: false },
  venues: [],
};

describe('what goes wrong behind the gateway', () => {
  let on: Started;
  let alpha: GatewayClient;

  beforeEach(async () => {
    on = await startGateway();
    on.cell.accounts.set('a1', 'alpha');
    alpha = on.client(on.issue('alpha'));
  });

  afterEach(() => on.stop());

  const place = (more: object = {}) =>
    alpha.call('Trading', 'PlaceOrder', order, { requestId: 'r1', ...more }).catch((error: unknown) => error);
  const ask = (more: object = {}) =>
    alpha
      .call('Trading', 'GetMark', { instrumentId: 'BTC-PERP', read: undefined }, more)
      .catch((error: unknown) => error);

  const failWith = (error: unknown): void => {
    on.cell.before = async (name) => {
      if (name === 'PlaceOrder' || name === 'GetMark') throw error;
    };
  };

  /**
   * Stops the check of the caller until it is released; `call` is the life of the call as the server sees it,
   * `isHeld` whether there is one.
   */
  const holdChecks = () => {
    const held = Promise.withResolvers<AbortSignal>();
    let isHeld = false;
    const free = Promise.withResolvers<undefined>();
    on.cell.before = async (name, signal) => {
      if (name !== 'GetClient') return;
      if (signal === undefined) throw new Error('Expected the signal of the call');
      isHeld = true;
      held.resolve(signal);
      await free.promise;
    };
    return { call: held.promise, isHeld: () => isHeld, release: () => free.resolve(undefined) };
  };
  /** On a machine with other work a call may be over before the server has seen it: then with more time. */
  function* untilSeen(isSeen: () => boolean, firstMs: number): Generator<number> {
    for (let timeoutMs = firstMs; !isSeen(); timeoutMs *= 2) yield timeoutMs;
  }
  const isOver = (signal: AbortSignal): Promise<unknown> =>
    signal.aborted
      ? Promise.resolve()
      : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  /** Long enough for a command to be sent if it were. */
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  it('sends no command whose deadline has passed while it was checked', async () => {
    const { call, isHeld, release } = holdChecks();
    for (const timeoutMs of untilSeen(isHeld, 200))
      expect(await place({ timeoutMs })).toMatchObject({ code: grpc.DEADLINE_EXCEEDED, isUnknown: true });
    // The caller's clock and the server's end the same call at slightly different times.
    await isOver(await call);
    release();
    await settled();
    expect(on.cell.sent).toEqual([]);
  });

  it('sends no command for a caller that has gone', async () => {
    const { call, release } = holdChecks();
    const gone = new AbortController();
    const placed = place({ signal: gone.signal });
    const served = await call;
    gone.abort();
    expect(await placed).toMatchObject({ code: grpc.CANCELLED });
    await isOver(served);
    release();
    await settled();
    expect(on.cell.sent).toEqual([]);
  });

  it('gives up a query at its deadline', async () => {
    const seen: AbortSignal[] = [];
    on.cell.before = (name, signal) => {
      if (name !== 'GetMark' || signal === undefined) return Promise.resolve();
      seen.push(signal);
      return isOver(signal).then(() => Promise.reject(new Error('given up')));
    };
    for (const timeoutMs of untilSeen(() => seen.length > 0, 100))
      expect(await ask({ timeoutMs })).toMatchObject({ code: grpc.DEADLINE_EXCEEDED, isUnknown: false });
    await Promise.all(seen.map(isOver));
    expect(on.bugs).toEqual([]);
  });

  it('names an unknown outcome, and how to learn it', async () => {
    failWith(new OutcomeUnknown('cut at COMMIT'));
    expect(await place()).toMatchObject({
      code: grpc.UNAVAILABLE,
      ...{ reason: 'OUTCOME_UNKNOWN', isUnknown: true, requestId: 'r1' },
      message: 'outcome unknown: send again with the same request id',
    });
  });

  it('says when to try again after a passing fault', async () => {
    failWith(new Retryable('the stream is busy'));
    expect(await place()).toMatchObject({
      ...{ code: grpc.UNAVAILABLE, reason: 'RETRY', retryAfterMs: 250, isUnknown: false },
      message: 'the stream is busy',
    });
  });

  it('shows of a bug its id and nothing else', async () => {
    failWith(new AssertionError('Expected the secret plans of account b1'));
    const error = await ask();
    expect(error).toMatchObject({ code: grpc.INTERNAL, reason: 'INTERNAL' });
    expect(JSON.stringify(error)).not.toMatch(/plans|account/);
    expect((error as Error).message).toMatch(/^internal error [0-9a-f-]{36}$/);
    expect(on.bugs).toHaveLength(1);
  });

  it.each([
    ['invalid', grpc.INVALID_ARGUMENT],
    ['missing', grpc.NOT_FOUND],
    ['exists', grpc.ALREADY_EXISTS],
    ['precondition', grpc.FAILED_PRECONDITION],
  ] as const)('turns a refusal of kind %s into its status, with field and facts', async (reason, code) => {
    const rejection: Rejection = reject('LOT_WRONG', 'Expected whole lots of 0.001', {
      ...{ reason, field: 'quantity', details: { lot: '0.001' } },
    });
    on.cell.refuse = rejection;
    const expected = {
      ...{ code, reason: 'LOT_WRONG', field: 'quantity', facts: { lot: '0.001' } },
      ...{ message: 'Expected whole lots of 0.001', isUnknown: false },
    };
    expect(await place()).toMatchObject(expected);
    expect(await ask()).toMatchObject(expected);
  });

  it.each(['', 'a b', 'x'.repeat(65), '-x'])(
    'takes no command under the request id %j',
    async (requestId) => {
      expect(await place({ requestId })).toMatchObject({ code: grpc.INVALID_ARGUMENT, field: 'request_id' });
      expect(on.cell.sent).toEqual([]);
    },
  );

  it('knows that nothing was sent when nobody listens', async () => {
    await on.server.stop();
    expect(await place()).toMatchObject({ code: grpc.UNAVAILABLE, isUnknown: false });
  });
});
