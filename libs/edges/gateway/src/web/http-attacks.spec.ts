import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GRPC_LIMITS } from '@plinth/runtime/grpc';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientKey } from '../client/key-file.ts';
import { callSigner } from '../client/sign-call.ts';
import { LIMITS } from '../limits.ts';
import { exchange } from '../testing/http-exchange.ts';
import { LogWriter } from '../testing/log-writer.ts';
import { http1Request, RawHttp1 } from '../testing/raw-http1.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { BodyRoom } from './body.ts';

const GET_MARK = '/plinth.gateway.v1.Trading/GetMark';
const STREAM_MARGIN = '/plinth.gateway.v1.Streams/StreamMargin';
const STREAM_FILLS = '/plinth.gateway.v1.Streams/StreamFills';
const MARK = '{"instrumentId":"BTC-PERP"}';
const JSON_TYPE = { 'content-type': 'application/json' };
const DESK = 'https://desk.example.com';

describe('HTTP at the port of the gateway', () => {
  let on: Started;
  let key: ClientKey;
  const opened: RawHttp1[] = [];

  const start = async (config: Parameters<typeof startGateway>[0] = {}): Promise<void> => {
    on = await startGateway(config);
    on.cell.accounts.set('a1', 'alpha');
    key = on.issue('alpha');
  };

  beforeEach(() => start({ silentMaxMs: 300, origins: [DESK] }));

  afterEach(async () => {
    for (const one of opened.splice(0)) one.close();
    await on.stop();
    expect(on.bugs).toEqual([]);
  });

  const open = async (): Promise<RawHttp1> => {
    const made = await RawHttp1.open(on.server.port);
    opened.push(made);
    return made;
  };

  const signed = (path: string, body: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      callSigner(key, on.clock.now)({ method: path, form: 'json', body: Buffer.from(body) }),
    );

  const mark = (more: Readonly<Record<string, string | number>> = {}): Buffer =>
    http1Request(
      GET_MARK,
      { ...JSON_TYPE, ...signed(GET_MARK, MARK), 'content-length': MARK.length, ...more },
      MARK,
    );

  /** Another caller, of HTTP and of gRPC, is served as always. */
  const answersOthers = async (): Promise<void> => {
    const other = await open();
    other.send(mark());
    expect(await other.heard(/^HTTP\/1\.1 200 /)).toBe(true);
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await expect(on.operator.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
  };

  it('serves one request after the other on a connection', async () => {
    const raw = await open();
    for (let n = 1; n <= 3; n += 1) {
      raw.send(mark());
      expect(await raw.heard(new RegExp(`(HTTP/1.1 200 [^]*){${n}}`))).toBe(true);
    }
    expect(raw.isClosed).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a part of the request line', 'POST /plinth'],
    ['headers without an end', `POST ${GET_MARK} HTTP/1.1\r\nhost: x\r\n`],
    ['the beginning of another protocol', 'PRI'],
    ['the beginning of a preface', 'PRI * HTTP/2.0\r\n'],
  ])('puts out who sends %s', async (_, text) => {
    const raw = await open();
    raw.send(text);
    expect(await raw.closed(4_000)).toBe(true);
    await answersOthers();
  });

  it('ends requests whose body does not come, or comes a byte now and then', async () => {
    const [silent, dripping] = [await open(), await open()];
    const head = http1Request(GET_MARK, { ...JSON_TYPE, 'content-length': 1_000 });
    silent.send(head);
    dripping.send(head);
    const drip = setInterval(() => dripping.send(' '), 1_000);
    expect(await silent.closed(GRPC_LIMITS.requestMaxMs + 3_000)).toBe(true);
    expect(await dripping.closed(3_000)).toBe(true);
    clearInterval(drip);
    for (const raw of [silent, dripping]) {
      expect(raw.statuses).toEqual([504]);
      expect(raw.seen).toContain('REQUEST_TOO_SLOW');
    }
    await answersOthers();
  }, 30_000);

  it('refuses a body that says it is too long before it comes', async () => {
    const raw = await open();
    raw.send(http1Request(GET_MARK, { ...JSON_TYPE, 'content-length': GRPC_LIMITS.messageBytesMax + 1 }));
    expect(await raw.closed(4_000)).toBe(true);
    expect(raw.statuses).toEqual([429]);
    expect(raw.seen).toContain('REQUEST_TOO_LARGE');
  });

  it('refuses a body that turns out to be too long, and reads no more of it', async () => {
    const raw = await open();
    raw.send(http1Request(GET_MARK, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }));
    const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`;
    let sent = 0;
    for (; sent < 200 && !raw.isClosed; sent += 1) {
      raw.send(chunk);
      await sleep(2);
    }
    expect(raw.isClosed).toBe(true);
    expect(sent).toBeLessThan(100);
    await answersOthers();
  });

  it.each([
    [
      'two lengths',
      `POST ${GET_MARK} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    ],
    [
      'a length and chunks',
      `POST ${GET_MARK} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n` +
        'transfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', `POST ${GET_MARK} HTTP/1.1\r\n\r\n`],
    ['a header over two lines', `POST ${GET_MARK} HTTP/1.1\r\nhost: x\r\nx-note: a\r\n b\r\n\r\n`],
    ['a header without a name', `POST ${GET_MARK} HTTP/1.1\r\nhost: x\r\n: a\r\n\r\n`],
    ['bare line feeds', `POST ${GET_MARK} HTTP/1.1\nhost: x\n\n`],
  ])('takes no request with %s', async (_, text) => {
    const raw = await open();
    raw.send(text);
    expect(await raw.heard(/^HTTP\/1\.1 /)).toBe(true);
    expect(raw.statuses[0]).toBe(400);
    expect(await raw.closed(4_000)).toBe(true);
  });

  it('takes no headers above their bound', async () => {
    const raw = await open();
    raw.send(mark({ 'x-note': 'n'.repeat(LIMITS.headerBytesMax) }));
    expect(await raw.heard(/^HTTP\/1\.1 431 /)).toBe(true);
    expect(await raw.closed(4_000)).toBe(true);
  });

  it('answers some requests that are sent ahead, in their order, and cuts who sends more', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    on.cell.before = () => held;
    const [few, many] = [await open(), await open()];
    few.send(Buffer.concat(Array.from({ length: LIMITS.pipelinedMax }, () => mark())));
    many.send(Buffer.concat(Array.from({ length: LIMITS.pipelinedMax + 1 }, () => mark())));
    expect(await many.closed(4_000)).toBe(true);
    expect(few.isClosed).toBe(false);
    release();
    expect(await few.heard(new RegExp(`(HTTP/1.1 200 [^]*){${LIMITS.pipelinedMax}}`))).toBe(true);
    await answersOthers();
  });

  it('gives up a query whose caller has gone', async () => {
    let heard: (signal: AbortSignal | undefined) => void = () => undefined;
    const asked = new Promise<AbortSignal | undefined>((resolve) => (heard = resolve));
    on.cell.before = (name, signal) => {
      if (name !== 'GetMark') return Promise.resolve();
      heard(signal);
      return new Promise(() => undefined);
    };
    const raw = await open();
    raw.send(mark());
    const signal = await asked;
    expect(signal?.aborted).toBe(false);
    raw.close();
    if (signal?.aborted === false) await once(signal, 'abort', { signal: AbortSignal.timeout(5_000) });
    expect(signal?.reason).toMatchObject({ reason: 'CANCELLED' });
  });

  it('finishes calls under way when it stops, and ends connections and streams', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    on.cell.before = (name) => {
      if (name !== 'GetMark') return Promise.resolve();
      isAsked();
      return held;
    };
    const [idle, busy, stream] = [await open(), await open(), await open()];
    idle.send(http1Request('/', JSON_TYPE));
    expect(await idle.heard(/^HTTP\/1\.1 501 /)).toBe(true);
    const request = '{"accountIds":["a1"]}';
    const headers = { ...JSON_TYPE, ...signed(STREAM_MARGIN, request), 'content-length': request.length };
    stream.send(http1Request(STREAM_MARGIN, headers, request));
    expect(await stream.heard(/snapshot/)).toBe(true);
    busy.send(mark());
    await asked;
    const stopped = on.server.stop();
    expect(await stream.heard(/"code":"unavailable".*STOPPING/)).toBe(true);
    release();
    await stopped;
    expect(busy.statuses).toEqual([200]);
    for (const raw of [idle, busy, stream]) expect(await raw.closed(2_000)).toBe(true);
  });

  it('counts connections of HTTP/1.1 and HTTP/2 together', async () => {
    await on.stop();
    await start({ connectionsPerAddressMax: 3 });
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await on.operator.call('Trading', 'GetMark', ask);
    const [one, two, three] = [await open(), await open(), await open()];
    for (const raw of [one, two, three]) raw.send(mark());
    expect(await three.closed(2_000)).toBe(true);
    expect(three.seen).toBe('');
    for (const raw of [one, two]) expect(await raw.heard(/^HTTP\/1\.1 200 /)).toBe(true);
    one.close();
    await sleep(100);
    await answersOthers();
  });

  it('cuts a reader of a stream who takes nothing, and says from where to go on', async () => {
    await on.stop();
    await start({ slowReaderMs: 100 });
    const writer = new LogWriter(on.log);
    await writer.open('a1', 'alpha');
    for (let n = 1; n <= 2_000; n += 1) await writer.fill('a1', n);
    const request = '{"accountIds":["a1"],"resumeAfter":"1"}';
    const session = connect(`http://127.0.0.1:${on.server.port}`);
    const stream = session.request({
      ...{ ':method': 'POST', ':path': STREAM_FILLS, ...JSON_TYPE, ...signed(STREAM_FILLS, request) },
    });
    stream.end(request);
    let seen = '';
    stream.once('data', () => {
      // The reader stands still: flow control stops the gateway, and its patience ends.
      stream.pause();
      setTimeout(() => stream.resume(), 500);
    });
    stream.on('data', (piece: Buffer) => (seen += piece.toString()));
    await once(stream, 'end');
    session.destroy();
    const lines = seen.trim().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as {
      error: { code: string; details: { debug: { metadata: { resume_after: string } } }[] };
    };
    expect(last.error.code).toBe('resource_exhausted');
    const resumeAfter = Number(last.error.details[0]?.debug.metadata.resume_after);
    // Every fill up to there has arrived.
    expect(lines.length - 1).toBe(resumeAfter - 1);
    expect(resumeAfter).toBeLessThan(2_001);
    await answersOthers();
  }, 20_000);

  it('waits for a reader of a stream who is slow and reads', async () => {
    await on.stop();
    await start({ slowReaderMs: 2_000 });
    const writer = new LogWriter(on.log);
    await writer.open('a1', 'alpha');
    for (let n = 1; n <= 2_000; n += 1) await writer.fill('a1', n);
    const body = Buffer.from('{"accountIds":["a1"],"resumeAfter":"1"}');
    const headers = { ...JSON_TYPE, ...signed(STREAM_FILLS, body.toString()) };
    // So much is more than flow control lets go out unread.
    const isEnough = (seen: Buffer): boolean =>
      seen.includes('"fillId":"f2000"') || seen.includes('{"error":');
    const answer = await exchange(2, { port: on.server.port, path: STREAM_FILLS, body, headers, isEnough });
    expect(answer.body.toString()).toContain('"fillId":"f2000"');
  }, 20_000);

  it.each([
    ['GET', GET_MARK, JSON_TYPE, 405, 'HTTP_METHOD_UNKNOWN'],
    ['POST', GET_MARK, {}, 415, 'CONTENT_TYPE_UNKNOWN'],
    ['POST', GET_MARK, { 'content-type': 'text/plain' }, 415, 'CONTENT_TYPE_UNKNOWN'],
    ['POST', GET_MARK, { 'content-type': 'application/json; charset=latin1' }, 415, 'CONTENT_TYPE_UNKNOWN'],
    ['POST', GET_MARK, { 'content-type': 'application/connect+json' }, 415, 'CONTENT_TYPE_UNKNOWN'],
    ['POST', '/plinth.gateway.v1.Trading/GetMarks', JSON_TYPE, 501, 'METHOD_UNKNOWN'],
    ['POST', '/', JSON_TYPE, 501, 'METHOD_UNKNOWN'],
    ['POST', `${GET_MARK}?x=1`, JSON_TYPE, 501, 'METHOD_UNKNOWN'],
    ['POST', GET_MARK, { ...JSON_TYPE, 'content-encoding': 'gzip' }, 501, 'COMPRESSION_UNKNOWN'],
    ['POST', GET_MARK, { ...JSON_TYPE, 'connect-timeout-ms': 'soon' }, 400, 'TIMEOUT_INVALID'],
    ['POST', GET_MARK, JSON_TYPE, 401, 'CREDENTIALS_INVALID'],
  ])('answers %s %s with %p by %d, %s', async (method, path, headers, status, reason) => {
    for (const version of [1, 2] as const) {
      const answer = await exchange(version, {
        ...{ port: on.server.port, path, method, headers: headers },
        body: method === 'GET' ? Buffer.alloc(0) : Buffer.from('{}'),
      });
      const found = JSON.parse(answer.body.toString()) as { details: unknown[] };
      expect(answer.status).toBe(status);
      expect(found.details[0]).toMatchObject({
        ...{ type: 'google.rpc.ErrorInfo', debug: { reason, domain: 'plinth' } },
      });
      expect(answer.headers['content-type']).toBe('application/json');
    }
  });

  it.each([
    ['{"instrumentId":', undefined],
    ['[]', undefined],
    ['{"instrument":"BTC-PERP"}', 'instrument'],
    ['{"instrumentId":5}', 'instrument_id'],
    ['{"instrumentId":"a","instrument_id":"b"}', 'instrument_id'],
    ['{"read":{"minPosition":"x"}}', 'min_position'],
    ['{"read":{"minPosition":9007199254740993}}', 'minPosition'],
    ['{"read":{"__proto__":{}}}', '__proto__'],
    [`${'['.repeat(100_000)}`, undefined],
    ['\xff\xfe', undefined],
  ])('names what is wrong in %p', async (body, field) => {
    const bytes = Buffer.from(body, 'latin1');
    const headers = Object.fromEntries(
      callSigner(key, on.clock.now)({ method: GET_MARK, form: 'json', body: bytes }),
    );
    const answer = await exchange(1, {
      ...{ port: on.server.port, path: GET_MARK, body: bytes, headers: { ...JSON_TYPE, ...headers } },
    });
    const found = JSON.parse(answer.body.toString()) as {
      details: { type: string; debug: { fieldViolations?: { field: string }[]; reason?: string } }[];
    };
    expect(answer.status).toBe(400);
    expect(found.details[0]?.debug.reason).toBe('MALFORMED_REQUEST');
    expect(found.details[1]?.debug.fieldViolations?.[0]?.field).toBe(field);
  });

  it('takes no signature over the same bytes as protobuf', async () => {
    const body = Buffer.from(MARK);
    const headers = Object.fromEntries(
      callSigner(key, on.clock.now)({ method: GET_MARK, form: 'proto', body }),
    );
    const answer = await exchange(1, {
      ...{ port: on.server.port, path: GET_MARK, body, headers: { ...JSON_TYPE, ...headers } },
    });
    expect(answer.status).toBe(401);
    expect(answer.body.toString()).toContain('SIGNATURE_INVALID');
  });

  it('says in a header how long to wait', async () => {
    await on.stop();
    await start({ rates: { perKey: { perSecond: 1, burst: 1 }, perClient: { perSecond: 9, burst: 9 } } });
    const raw = await open();
    raw.send(Buffer.concat([mark(), mark()]));
    expect(await raw.heard(/HTTP\/1\.1 429 [^]*retry-after: 1\r\n/i)).toBe(true);
  });

  describe('called by a web page', () => {
    const preflight = (origin: string) =>
      exchange(1, {
        ...{ port: on.server.port, path: GET_MARK, method: 'OPTIONS', body: Buffer.alloc(0) },
        headers: { origin, 'access-control-request-method': 'POST' },
      });

    it('lets those of an allowed origin call, and read what they need', async () => {
      const asked = await preflight(DESK);
      expect(asked.status).toBe(204);
      expect(asked.headers['access-control-allow-origin']).toBe(DESK);
      expect(asked.headers['access-control-allow-headers']).toContain('plinth-signature');
      const answer = await exchange(1, {
        ...{ port: on.server.port, path: GET_MARK, body: Buffer.from(MARK) },
        headers: { ...JSON_TYPE, ...signed(GET_MARK, MARK), origin: DESK },
      });
      expect(answer.headers['access-control-allow-origin']).toBe(DESK);
      expect(answer.headers['access-control-expose-headers']).toContain('plinth-position');
      expect(answer.headers.vary).toBe('origin');
    });

    it.each([
      'https://evil.example.com',
      `${DESK}.evil.example.com`,
      'null',
      '*',
      'HTTPS://DESK.EXAMPLE.COM',
    ])('lets those of %s read nothing', async (origin) => {
      const asked = await preflight(origin);
      expect(asked.status).toBe(403);
      expect(asked.headers['access-control-allow-origin']).toBeUndefined();
    });
  });
});

describe('the room for bodies', () => {
  it('is shared by all, and free again afterwards', () => {
    const room = new BodyRoom(100);
    room.take(60);
    expect(() => room.take(41)).toThrow('Expected fewer requests at once: wait');
    room.give(60);
    room.take(100);
    expect(room.held).toBe(100);
  });
});
