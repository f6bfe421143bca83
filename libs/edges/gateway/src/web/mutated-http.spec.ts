import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ClientKey } from '../client/key-file.ts';
import { callSigner } from '../client/sign-call.ts';
import { exchange, type HttpAnswer } from '../testing/http-exchange.ts';
import { http1Request, RawHttp1 } from '../testing/raw-http1.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const RATES = { perSecond: 1_000_000, burst: 1_000_000 };
const RAW = 1_500;
const SIGNED_PER_WAY = 250;
/** Connections at once. */
const AT_ONCE = 25;
/** For an answer: to a request that is not whole there is none. */
const WAIT_MS = 400;

const WHAT_IF = '/plinth.gateway.v1.Margin/WhatIf';
const STREAM = '/plinth.gateway.v1.Streams/StreamFills';

const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

const JSON_BODY = Buffer.from(
  '{"accountId":"a1","orders":[{"instrumentId":"BTC-PERP","side":"buy","quantity":"1"}],' +
    '"read":{"minPosition":"1"}}',
);
const PROTO_BODY = Buffer.from('0a026131121a0a084254432d504552501203627579', 'hex');
const FILLS = Buffer.from('{"accountIds":["a1"]}');

/** Good requests in every form. */
const GOOD = [
  { path: WHAT_IF, contentType: 'application/json', body: JSON_BODY },
  { path: WHAT_IF, contentType: 'application/grpc-web+proto', body: framed(PROTO_BODY) },
  {
    ...{ path: WHAT_IF, contentType: 'application/grpc-web-text' },
    body: Buffer.from(framed(PROTO_BODY).toString('base64')),
  },
  { path: STREAM, contentType: 'application/json', body: FILLS },
  { path: STREAM, contentType: 'application/connect+json', body: framed(FILLS) },
] as const;

const NASTY = [
  ...['\0', '\r\n', '\n', ':', ' ', '%00', '{', '}', '"', '\\u0000', '[[[[[[[[', '-1', '1e999', '__proto__'],
  ...['\xff\xff\xff\xff', '=', '====', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...[
    'Content-Length: 99999999999999999999\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
    '0\r\n\r\n',
  ],
  ...['connection: upgrade\r\n', 'ffffffffffffffff\r\n', 'CONNECT x:1 HTTP/1.1\r\n\r\n', '😀'],
].map((text) => Buffer.from(text, 'latin1'));

type Change = Readonly<{
  at: number;
  kind: 'flip' | 'cut' | 'insert' | 'double';
  bit: number;
  piece: number;
}>;

const changes = fc.array(
  fc.record<Change>({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('flip', 'cut', 'insert', 'double'),
    bit: fc.integer({ min: 0, max: 7 }),
    piece: fc.integer({ min: 0, max: NASTY.length - 1 }),
  }),
  { minLength: 1, maxLength: 4 },
);

const changed = (good: Buffer, all: readonly Change[]): Buffer =>
  all.reduce((bytes, { at, kind, bit, piece }) => {
    const i = Math.floor(at * bytes.length);
    const [before, after] = [bytes.subarray(0, i), bytes.subarray(i)];
    switch (kind) {
      case 'flip': {
        const copy = Buffer.from(bytes);
        if (i < copy.length) copy[i] = (copy[i] ?? 0) ^ (1 << bit);
        return copy;
      }
      case 'cut':
        return before;
      case 'insert':
        return Buffer.concat([before, NASTY[piece] ?? Buffer.alloc(0), after]);
      case 'double':
        return Buffer.concat([before, before, after]);
    }
  }, good);

/** Some at a time. */
const each = async <T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> => {
  const queue = all.values();
  const worker = async (): Promise<void> => {
    for (const one of queue) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
};

describe('mutated HTTP', () => {
  let on: Started;
  let key: ClientKey;
  const unhandled: unknown[] = [];
  const keep = (error: unknown): void => void unhandled.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', keep);
    process.on('uncaughtExceptionMonitor', keep);
    on = await startGateway({
      rates: { perKey: RATES, perClient: RATES },
      heartbeatMs: 20,
      silentMaxMs: 500,
    });
    on.cell.accounts.set('a1', 'alpha');
    key = on.issue('alpha');
  });

  afterAll(async () => {
    process.off('unhandledRejection', keep);
    process.off('uncaughtExceptionMonitor', keep);
    await on.stop();
  });

  const soundAfterwards = async (): Promise<void> => {
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await expect(on.operator.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
    expect(on.bugs).toEqual([]);
    expect(unhandled).toEqual([]);
  };

  const signed = (path: string, contentType: string, message: Buffer): Readonly<Record<string, string>> => {
    const form = contentType.includes('json') ? 'json' : 'proto';
    const headers = callSigner(key, on.clock.now)({ method: path, form, body: message });
    return { ...Object.fromEntries(headers), 'content-type': contentType };
  };

  it('on the wire is answered by HTTP, or its connection is closed', async () => {
    const goods = GOOD.map(({ path, contentType, body }) => {
      const headers = { ...signed(path, contentType, body), 'content-length': body.length };
      return http1Request(path, headers, body);
    });
    const samples = fc.sample(fc.tuple(fc.constantFrom(...goods), changes), {
      seed: 20_200_312,
      numRuns: RAW,
    });
    let answers = 0;
    await each(samples, async ([good, how]) => {
      const raw = await RawHttp1.open(on.server.port);
      raw.send(changed(good, how));
      await raw.heard(/^HTTP\/1\.1 \d{3} /, WAIT_MS);
      if (raw.seen !== '' && !raw.seen.startsWith('\0')) {
        expect(raw.seen).toMatch(/^HTTP\/1\.1 \d{3} /);
        answers += 1;
      }
      raw.close();
    });
    expect(answers).toBeGreaterThan(0);
    await soundAfterwards();
  }, 120_000);

  it.each(GOOD)(
    'in the body of $contentType to $path is refused by name, or is no harm',
    async (good) => {
      const { path, contentType, body } = good;
      const samples = fc.sample(changes, { seed: 20_210_519, numRuns: SIGNED_PER_WAY });
      await each(samples, async (how) => {
        const sent = changed(body, how);
        // What a caller signs is the message, wherever in the body the gateway finds it.
        const text = contentType.includes('text') ? Buffer.from(sent.toString('latin1'), 'base64') : sent;
        const message = contentType === 'application/json' ? sent : text.subarray(5);
        const answer: HttpAnswer = await exchange(1, {
          ...{ port: on.server.port, path, body: sent, headers: signed(path, contentType, message) },
          isEnough: () => path === STREAM,
        });
        expect([200, 400, 401, 404, 429, 501]).toContain(answer.status);
      });
      await soundAfterwards();
    },
    120_000,
  );
});
