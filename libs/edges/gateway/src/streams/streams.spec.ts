import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, status as grpc, type StatusObject } from '@grpc/grpc-js';
import type { gatewayMessages } from '@plinth/messages';
import { errorFromStatus, type GrpcError } from '@plinth/runtime/grpc';
import fc from 'fast-check';
import { GatewayError, type GatewayClient } from '../client/gateway-client.ts';
import { LIMITS } from '../limits.ts';
import { SERVICES } from '../services.ts';
import { LogWriter } from '../testing/log-writer.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

type FillMessage = gatewayMessages.StreamFillsResponse;
type MarginMessage = gatewayMessages.StreamMarginResponse;

describe('streams', () => {
  let on: Started;
  let writer: LogWriter;

  const start = async (config: Parameters<typeof startGateway>[0] = {}): Promise<GatewayClient> => {
    on = await startGateway({ heartbeatMs: 50, ...config });
    writer = new LogWriter(on.log);
    on.cell.accounts.set('a1', 'alpha').set('a2', 'alpha').set('b1', 'beta');
    return on.client(on.issue('alpha'));
  };

  afterEach(() => on.stop());

  /** Messages of a stream until `isEnough`, heartbeats left out. */
  const fills = async (
    client: GatewayClient,
    request: Readonly<{ accountIds?: string[]; resumeAfter?: bigint }>,
    isEnough: (found: readonly FillMessage[]) => boolean,
  ): Promise<readonly FillMessage[]> => {
    const stop = new AbortController();
    const found: FillMessage[] = [];
    const asked = { accountIds: request.accountIds ?? [], resumeAfter: request.resumeAfter ?? 0n };
    for await (const message of client.stream('StreamFills', asked, stop.signal)) {
      if (message.kind === 'fill') found.push(message);
      if (isEnough(found)) break;
    }
    return found;
  };

  const margins = async (
    client: GatewayClient,
    request: Readonly<{ accountIds?: string[]; resumeAfter?: bigint }>,
    isEnough: (found: readonly MarginMessage[]) => boolean,
    onMessage: (message: MarginMessage) => Promise<void> = async () => undefined,
  ): Promise<readonly MarginMessage[]> => {
    const found: MarginMessage[] = [];
    const asked = { accountIds: request.accountIds ?? [], resumeAfter: request.resumeAfter ?? 0n };
    for await (const message of client.stream('StreamMargin', asked, new AbortController().signal)) {
      if (message.kind !== 'heartbeat') found.push(message);
      await onMessage(message);
      if (isEnough(found)) break;
    }
    return found;
  };

  const failure = async (work: Promise<unknown>): Promise<GatewayError> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof GatewayError)) throw new Error(`Expected a GatewayError, was ${String(error)}`);
    return error;
  };

  it('tell the fills of the caller’s accounts and of nobody else', async () => {
    const alpha = await start();
    for (let i = 1; i <= 30; i += 1) await writer.fill(['a1', 'b1', 'a2'][i % 3] ?? '', i);
    const found = await fills(alpha, { resumeAfter: 1n }, (all) => all.length === 20);
    expect(new Set(found.map(({ fill }) => fill?.accountId))).toEqual(new Set(['a1', 'a2']));
    expect(found.map(({ position }) => position)).toEqual(
      [...Array(30).keys()].map((i) => BigInt(i + 1)).filter((p) => p > 1n && p % 3n !== 1n),
    );
  });

  it('miss nothing and double nothing, wherever they are cut and resumed', async () => {
    // Little is kept in memory, so that old tokens are served from the log.
    const alpha = await start({ feedEntriesMax: 40 });
    const total = 300;
    for (let i = 1; i <= total; i += 1) await (i % 4 === 0 ? writer.noise(i) : writer.fill('a1', i));
    const cuts = fc.sample(fc.integer({ min: 1, max: 40 }), { seed: 7, numRuns: 300 }).values();
    const expected = Array.from({ length: total }, (_, i) => BigInt(i + 1)).filter((p) => p % 4n !== 0n);
    const found = [1n];
    while (found.length < expected.length) {
      const wanted = Math.min(cuts.next().value ?? 1, expected.length - found.length);
      const part = await fills(alpha, { resumeAfter: found.at(-1) ?? 0n }, (all) => all.length === wanted);
      found.push(...part.map(({ position }) => position));
    }
    expect(found).toEqual(expected);
  });

  it('beat while nothing happens, with a token that moves on', async () => {
    const alpha = await start();
    await writer.noise(1);
    const tokens: bigint[] = [];
    for await (const { kind, position } of alpha.stream(
      'StreamFills',
      { accountIds: ['a1'], resumeAfter: 0n },
      new AbortController().signal,
    )) {
      expect(kind).toBe('heartbeat');
      tokens.push(position);
      if (tokens.length === 1) await writer.noise(2);
      if (tokens.length === 3) break;
    }
    expect(tokens[0]).toBe(1n);
    expect(tokens.at(-1)).toBe(2n);
  });

  it('of margin begin with a snapshot and go on with each change, whole', async () => {
    const alpha = await start();
    await writer.state('a1', 'healthy', 'restricted');
    const found = await margins(
      alpha,
      {},
      (all) => all.length === 5,
      async ({ kind }) => {
        if (kind !== 'snapshot') return;
        await writer.state('b1', 'healthy', 'call');
        await writer.state('a1', 'restricted', 'call');
        await writer.call('a1', 'c1');
        await writer.cure('a1', 'c1');
        await writer.state('a2', 'healthy', 'insolvent');
      },
    );
    const brief = found.map(({ kind, position, accounts }) => [
      kind,
      position,
      accounts.map(({ accountId, state, callId }) => `${accountId} ${state} ${callId}`.trim()),
    ]);
    expect(brief[0]?.slice(0, 2)).toEqual(['snapshot', 1n]);
    expect(found[0]?.accounts.map(({ accountId }) => accountId)).toEqual(['a1', 'a2']);
    expect(brief.slice(1)).toEqual([
      ['change', 3n, ['a1 call']],
      ['change', 4n, ['a1 call c1']],
      ['change', 5n, ['a1 call']],
      ['change', 6n, ['a2 insolvent']],
    ]);
  });

  it('of margin go on behind a token without a snapshot, while the changes are kept', async () => {
    const alpha = await start();
    await writer.state('a1', 'healthy', 'restricted');
    await writer.state('a1', 'restricted', 'call');
    const found = await margins(alpha, { resumeAfter: 1n }, (all) => all.length === 1);
    expect(found).toMatchObject([{ kind: 'change', position: 2n, accounts: [{ state: 'call' }] }]);
  });

  it('of margin begin anew when the changes behind the token are gone', async () => {
    const alpha = await start({ feedEntriesMax: 4 });
    for (let i = 0; i < 12; i += 1) await writer.state('a1', 'healthy', i % 2 === 0 ? 'call' : 'healthy');
    const found = await margins(alpha, { resumeAfter: 1n }, (all) => all.length === 1);
    expect(found).toMatchObject([{ kind: 'snapshot', position: 12n }]);
  });

  it('hear of accounts that are opened while they are open', async () => {
    const alpha = await start();
    const found = await fills(
      alpha,
      { resumeAfter: 0n },
      (() => {
        let isWritten = false;
        return (all) => {
          if (!isWritten) {
            isWritten = true;
            void writer.open('a9', 'alpha').then(async () => {
              await writer.open('b9', 'beta');
              await writer.fill('b9', 1);
              await writer.fill('a9', 2);
            });
          }
          return all.length === 1;
        };
      })(),
    );
    expect(found[0]?.fill?.accountId).toBe('a9');
  });

  it('tell an operator everything', async () => {
    await start();
    await writer.noise(1);
    for (const account of ['a1', 'b1', 'c1']) await writer.fill(account, 1);
    const found = await fills(on.operator, { resumeAfter: 1n }, (all) => all.length === 3);
    expect(found.map(({ fill }) => fill?.accountId)).toEqual(['a1', 'b1', 'c1']);
    await writer.state('b1', 'healthy', 'call');
    const snapshot = await margins(on.operator, {}, (all) => all.length === 1);
    expect(snapshot[0]?.accounts.map(({ accountId }) => accountId)).toEqual(['b1']);
  });

  it('answer a foreign account like a missing one', async () => {
    const alpha = await start();
    const never = () => false;
    const of = async (accountIds: string[]) => {
      const { code, reason, message, field } = await failure(fills(alpha, { accountIds }, never));
      return { code, reason, message, field };
    };
    const foreign = await of(['a1', 'b1']);
    expect(foreign).toMatchObject({ code: grpc.NOT_FOUND, field: 'account_ids' });
    expect(await of(['a1', 'zz'])).toEqual(foreign);
  });

  it('refuse tokens that no answer had', async () => {
    const alpha = await start();
    for (const resumeAfter of [-1n, 5n]) {
      expect(await failure(fills(alpha, { resumeAfter }, () => false))).toMatchObject({
        code: grpc.INVALID_ARGUMENT,
        field: 'resume_after',
      });
    }
  });

  it('end when their key is revoked', async () => {
    const alpha = await start();
    const opened = failure(
      margins(
        alpha,
        {},
        () => false,
        async ({ kind }) => {
          if (kind !== 'snapshot') return;
          const info = on.cell.keys.get('alpha.desk');
          if (info !== undefined) on.cell.keys.set('alpha.desk', { ...info, revoked: true });
          await writer.revoke('alpha', 'alpha.desk');
        },
      ),
    );
    expect(await opened).toMatchObject({ code: grpc.UNAUTHENTICATED, reason: 'KEY_REVOKED' });
  });

  it('are cut when they are not read, and go on from there with nothing missed', async () => {
    const alpha = await start({ slowReaderMs: 100 });
    const total = 4_000;
    for (let i = 1; i <= total; i += 1) await writer.fill('a1', i);
    const { path, requestSerialize, responseDeserialize } = SERVICES.Streams.streamFills;
    const body = requestSerialize({ accountIds: ['a1'], resumeAfter: 1n });
    const raw = new Client(`127.0.0.1:${on.server.port}`, credentials.createInsecure());
    const same = (bytes: Buffer): Buffer => bytes;
    const call = raw.makeServerStreamRequest(
      path,
      same,
      responseDeserialize,
      body,
      alpha.sign(path, body, ''),
    );
    const found: bigint[] = [];
    const error = await new Promise<GrpcError>((resolve) => {
      call.on('error', (status) => resolve(errorFromStatus(status as unknown as StatusObject)));
      call.on('data', ({ kind, position }: FillMessage) => {
        if (kind === 'fill') found.push(position);
        if (found.length !== 1) return;
        // The reader stands still: flow control stops the gateway, and its patience ends.
        call.pause();
        setTimeout(() => call.resume(), 500);
      });
    });
    raw.close();
    expect(error).toMatchObject({ code: grpc.RESOURCE_EXHAUSTED, reason: 'SLOW_READER' });
    expect(error.facts).toEqual({ resume_after: String(found.at(-1)) });
    expect(found.length).toBeLessThan(total - 1);
    const rest = await fills(
      alpha,
      { resumeAfter: found.at(-1) ?? 0n },
      (all) => all.at(-1)?.position === BigInt(total),
    );
    found.push(...rest.map(({ position }) => position));
    expect(found).toEqual(Array.from({ length: total - 1 }, (_, i) => BigInt(i + 2)));
  }, 30_000);

  it('are counted: so many of one client, and the next one has to wait', async () => {
    const alpha = await start({
      rates: { perKey: { perSecond: 1e6, burst: 1e6 }, perClient: { perSecond: 1e6, burst: 1e6 } },
    });
    const stop = new AbortController();
    const opened = Array.from({ length: LIMITS.streamsPerClientMax }, async () => {
      const stream = alpha.stream('StreamFills', { accountIds: [], resumeAfter: 0n }, stop.signal);
      await stream.next();
      return stream;
    });
    const streams = await Promise.all(opened);
    expect(await failure(fills(alpha, {}, () => false))).toMatchObject({
      code: grpc.RESOURCE_EXHAUSTED,
      reason: 'TOO_MANY_STREAMS',
    });
    stop.abort();
    for (const stream of streams) await stream.return(undefined);
    await writer.fill('a1', 1);
    await writer.fill('a1', 2);
    const again = async (): Promise<number> => {
      try {
        return (await fills(alpha, { resumeAfter: 1n }, (all) => all.length === 1)).length;
      } catch (error) {
        if (error instanceof GatewayError && error.reason === 'TOO_MANY_STREAMS') return again();
        throw error;
      }
    };
    expect(await again()).toBe(1);
  });

  it('end with the gateway, and say so', async () => {
    const alpha = await start();
    const opened = failure(fills(alpha, {}, () => false));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await on.server.stop();
    expect(await opened).toMatchObject({ code: grpc.UNAVAILABLE, reason: 'STOPPING' });
  });
});
