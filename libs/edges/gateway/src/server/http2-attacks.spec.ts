import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GRPC_LIMITS } from '@plinth/runtime/grpc';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayClient } from '../client/gateway-client.ts';
import {
  FLAG,
  frame,
  FRAME,
  grpcHeaders,
  literal,
  NEWEST_REMEMBERED,
  RawConnection,
  remembered,
} from '../testing/raw-http2.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const PATH = '/plinth.gateway.v1.Trading/GetMark';
const RATES = { perSecond: 1e9, burst: 1e9 };
const HEADERS = grpcHeaders(PATH);

/** Error codes of HTTP/2. */
const REFUSED_STREAM = 7;
const FRAME_SIZE_ERROR = 6;

const MB = 1_048_576;

describe('HTTP/2 against the edge', () => {
  let on: Started;
  let victim: GatewayClient;
  const raws: RawConnection[] = [];

  const open = async (isSilent = false): Promise<RawConnection> => {
    const made = await RawConnection.open(on.server.port, isSilent);
    raws.push(made);
    return made;
  };

  /** Somebody else's call, in the middle of it. */
  const answersOthers = async (): Promise<void> => {
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await expect(victim.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
  };

  /** Sends until the other side has had enough, or everything is sent. */
  const flood = async (raw: RawConnection, count: number, next: (n: number) => Buffer): Promise<number> => {
    for (let n = 0; n < count; n += 1) {
      if (!(await raw.send(next(n)))) return n;
      if (n % 200 === 0) await answersOthers();
    }
    return count;
  };

  const grownMb = async (attack: () => Promise<void>): Promise<number> => {
    const before = process.memoryUsage();
    await attack();
    const after = process.memoryUsage();
    return (after.heapUsed + after.external - before.heapUsed - before.external) / MB;
  };

  beforeAll(async () => {
    on = await startGateway({ rates: { perKey: RATES, perClient: RATES } });
    victim = on.client(on.issue('alpha'));
    await answersOthers();
  });

  afterAll(async () => {
    for (const raw of raws) raw.close();
    await on.stop();
    expect(on.bugs).toEqual([]);
  });

  it('cuts a connection that opens calls and takes them back at once', async () => {
    const raw = await open();
    const reset = (stream: number): Buffer =>
      Buffer.concat([
        frame(FRAME.headers, FLAG.endHeaders, stream, HEADERS),
        frame(FRAME.reset, 0, stream, Buffer.of(0, 0, 0, 8)),
      ]);
    const batch = (n: number): Buffer =>
      Buffer.concat(Array.from({ length: 50 }, (_, i) => reset(2 * (50 * n + i) + 1)));
    // Whether the GOAWAY still arrives before the connection is gone is up to the network.
    expect(await flood(raw, 400, batch)).toBeLessThan(400);
    await raw.closed();
    await answersOthers();
  });

  it('cuts a header block without an end', async () => {
    const raw = await open();
    await raw.send(frame(FRAME.headers, 0, 1, HEADERS));
    const more = literal('x-note', 'n'.repeat(16_000));
    const grown = await grownMb(async () => {
      const sent = await flood(raw, 10_000, () => frame(FRAME.continuation, 0, 1, more));
      expect(sent).toBeLessThan(10_000);
      await raw.closed();
    });
    expect(grown).toBeLessThan(64);
    await answersOthers();
  });

  it('does not unfold headers that were made small', async () => {
    const raw = await open();
    const big = remembered('x-bomb', 'b'.repeat(3_900));
    const bomb = Buffer.concat([HEADERS, big, ...Array.from({ length: 8_000 }, () => NEWEST_REMEMBERED)]);
    const grown = await grownMb(async () => {
      for (let stream = 1; stream < 400; stream += 2) {
        if (!(await raw.send(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, bomb)))) break;
      }
      await sleep(100);
    });
    expect(grown).toBeLessThan(64);
    // No call of it got as far as an answer.
    expect(raw.count(FRAME.data)).toBe(0);
    await answersOthers();
  });

  it('takes so many calls of one connection at once, and no more', async () => {
    const raw = await open();
    const count = GRPC_LIMITS.streamsPerConnectionMax + 40;
    for (let n = 0; n < count; n += 1)
      await raw.send(frame(FRAME.headers, FLAG.endHeaders, 2 * n + 1, HEADERS));
    await sleep(200);
    const refused = raw.seen.filter(
      ({ type, payload }) => type === FRAME.reset && payload.readUInt32BE(0) === REFUSED_STREAM,
    );
    expect(raw.isClosed || refused.length >= 40).toBe(true);
    await answersOthers();
  });

  it('ends calls whose request does not come, and keeps their connection', async () => {
    const raw = await open();
    const streams = Array.from({ length: 50 }, (_, n) => 2 * n + 1);
    for (const stream of streams) await raw.send(frame(FRAME.headers, FLAG.endHeaders, stream, HEADERS));
    // A byte now and then is no request either.
    const dripping = setInterval(() => void raw.send(frame(FRAME.data, 0, 1, Buffer.of(0))), 2_000);
    await sleep(GRPC_LIMITS.requestMaxMs + 1_000);
    clearInterval(dripping);
    const ended = new Set(
      raw.seen
        .filter(({ type, flags }) => type === FRAME.headers && (flags & FLAG.endStream) !== 0)
        .map(({ stream }) => stream),
    );
    expect(ended.size).toBe(streams.length);
    expect(raw.isClosed).toBe(false);
    await answersOthers();
  }, 30_000);

  it.each([
    ['pings', frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['settings', frame(FRAME.settings, 0, 0, Buffer.from('000400010000', 'hex'))],
    ['priorities', frame(FRAME.priority, 0, 1, Buffer.from('0000000010', 'hex'))],
    ['window updates', frame(FRAME.window, 0, 0, Buffer.of(0, 0, 0, 1))],
  ])('lives through a flood of %s that nobody reads the answers of', async (_, one) => {
    const raw = await open();
    raw.pause();
    const batch = Buffer.concat(Array.from({ length: 100 }, () => one));
    const grown = await grownMb(async () => {
      await Promise.race([flood(raw, 2_000, () => batch), sleep(3_000)]);
    });
    expect(grown).toBeLessThan(64);
    await answersOthers();
    raw.close();
  });

  it('takes so many connections of one address, and none that stays silent', async () => {
    const few = await startGateway({ connectionsPerAddressMax: 3, silentMaxMs: 200 });
    const connections = [];
    for (let n = 0; n < 5; n += 1) connections.push(await RawConnection.open(few.server.port, true));
    await sleep(100);
    expect(connections.map(({ isClosed }) => isClosed)).toEqual([false, false, false, true, true]);
    await sleep(300);
    expect(connections.every(({ isClosed }) => isClosed)).toBe(true);
    // Their places are free again, and who speaks is not put out.
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await expect(few.operator.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
    await sleep(300);
    await expect(few.operator.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
    await few.stop();
  });

  it('cuts what is no frame of HTTP/2', async () => {
    const huge = await open();
    await huge.send(Buffer.concat([Buffer.from('ffffff', 'hex'), Buffer.of(FRAME.data, 0, 0, 0, 0, 1)]));
    await huge.closed();
    expect(huge.goaway).toBe(FRAME_SIZE_ERROR);
    const orphan = await open();
    await orphan.send(frame(FRAME.continuation, FLAG.endHeaders, 1, HEADERS));
    await orphan.closed();
    expect(orphan.isClosed).toBe(true);
    await answersOthers();
  });
});
