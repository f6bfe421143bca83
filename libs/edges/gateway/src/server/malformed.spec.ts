import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, status as grpc, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { RPC_METHODS } from '@plinth/runtime';
import { errorFromStatus, type GrpcError } from '@plinth/runtime/grpc';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { GATEWAY_SERVICES, type GatewayMethod } from './methods.ts';

const RATES = { perSecond: 1_000_000, burst: 1_000_000 };
/** Over the wire, for each caller; and into the decoder alone. */
const SENT_PER_METHOD = 12;
const DECODED_PER_METHOD = 400;

const unaryMethods = GATEWAY_SERVICES.flatMap(({ methods }) => methods.filter((one) => !one.responseStream));

/**
 * Pieces that break parsers: over-long varints, lengths beyond the end, groups in groups, odd wire types, bad
 * UTF-8.
 */
const nasty: readonly Buffer[] = [
  Buffer.from('ffffffffffffffffffffffffff', 'hex'),
  Buffer.from('0affffffff0f', 'hex'),
  Buffer.from('0a80808080808080808001', 'hex'),
  Buffer.alloc(5_000, 0x0b),
  Buffer.from('0e0f', 'hex'),
  Buffer.from('0a04c328a0ff', 'hex'),
  Buffer.from('7affffff7f', 'hex'),
  Buffer.from('0a095f5f70726f746f5f5f', 'hex'),
  Buffer.from('00', 'hex'),
];

const piece = fc.oneof(
  fc.constantFrom(...nasty),
  fc.uint8Array({ maxLength: 40 }).map((one) => Buffer.from(one)),
);

/** A field of any number and type with something in it. */
const field = fc
  .tuple(fc.integer({ min: 1, max: 17 }), fc.constantFrom(0, 1, 2, 5), piece)
  .map(([number, type, value]) => {
    const tag = Buffer.of(
      ...(number < 16 ? [(number << 3) | type] : [(((number << 3) | type) & 0x7f) | 0x80, 1]),
    );
    return type === 2
      ? Buffer.concat([tag, Buffer.of(value.length & 0x7f), value])
      : Buffer.concat([tag, value]);
  });

const bodies = fc.oneof(
  piece,
  fc.array(field, { maxLength: 6 }).map((parts) => Buffer.concat(parts)),
);

describe('malformed input', () => {
  let on: Started;
  let raw: Client;
  const unhandled: unknown[] = [];
  const keep = (error: unknown): void => void unhandled.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', keep);
    on = await startGateway({ rates: { perKey: RATES, perClient: RATES } });
    on.cell.accounts.set('a1', 'alpha');
    raw = new Client(`127.0.0.1:${on.server.port}`, credentials.createInsecure());
  });

  afterAll(async () => {
    process.off('unhandledRejection', keep);
    raw.close();
    await on.stop();
    expect(unhandled).toEqual([]);
  });

  const send = (method: GatewayMethod, bytes: Buffer, client = on.operator): Promise<'ok' | GrpcError> =>
    new Promise((resolve) => {
      const pass = (value: Buffer): Buffer => value;
      const metadata = client.sign(method.path, bytes, method.rule.kind === 'command' ? 'r1' : '');
      raw.makeUnaryRequest(method.path, pass, pass, bytes, metadata, (error: ServiceError | null) =>
        resolve(error === null ? 'ok' : errorFromStatus(error)),
      );
    });

  const EXPECTED: readonly grpc[] = [grpc.INVALID_ARGUMENT, grpc.NOT_FOUND, grpc.FAILED_PRECONDITION];

  it.each(unaryMethods)('of $path is answered with a status that names it, or is no harm', async (method) => {
    const alpha = on.client(on.issue('alpha', { name: method.name }));
    const samples = fc.sample(bodies, { seed: 20_200_312, numRuns: SENT_PER_METHOD });
    for (const client of [on.operator, alpha]) {
      if (client === alpha && ['operate', 'guard'].includes(method.rule.scope)) continue;
      for (const outcome of await Promise.all(samples.map((bytes) => send(method, bytes, client)))) {
        if (outcome !== 'ok') expect(EXPECTED).toContain(outcome.code);
      }
    }
    expect(on.bugs).toEqual([]);
  });

  it.each(GATEWAY_SERVICES)(
    'into $name is decoded or refused, and what is decoded can be sent on',
    ({ methods }) => {
      for (const { name, decode, rule } of methods) {
        for (const bytes of fc.sample(bodies, { seed: 20_210_519, numRuns: DECODED_PER_METHOD })) {
          let request: unknown;
          try {
            request = decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            continue;
          }
          if (rule.kind === 'command' || rule.kind === 'query') RPC_METHODS.get(name)?.encodeRequest(request);
        }
      }
    },
  );

  it('by every single cut and flip of a good request is answered too', async () => {
    const method = unaryMethods.find(({ name }) => name === 'WhatIf');
    if (method === undefined) throw new Error('Expected a method WhatIf');
    const good = Buffer.from('0a026131121a0a084254432d504552501203627579', 'hex');
    const changed = [...good].flatMap((byte, i) => {
      const flipped = Buffer.from(good);
      flipped[i] = byte ^ (1 << (i % 8));
      return [good.subarray(0, i), flipped];
    });
    for (const outcome of await Promise.all(changed.map((bytes) => send(method, bytes)))) {
      if (outcome !== 'ok') expect(outcome.code).toBe(grpc.INVALID_ARGUMENT);
    }
    expect(on.bugs).toEqual([]);
  });

  it('of a stream ends the stream with a status', async () => {
    const [method] = GATEWAY_SERVICES.flatMap(({ methods }) => methods.filter((one) => one.responseStream));
    if (method === undefined) throw new Error('Expected a stream');
    const pass = (value: Buffer): Buffer => value;
    for (const bytes of fc.sample(bodies, { seed: 1, numRuns: 60 })) {
      const metadata = on.operator.sign(method.path, bytes, '');
      const call = raw.makeServerStreamRequest(method.path, pass, pass, bytes, metadata);
      await new Promise<void>((resolve) => {
        call.on('error', () => resolve());
        call.on('data', () => call.cancel());
        call.on('end', () => resolve());
      });
    }
    expect(on.bugs).toEqual([]);
  });

  it('below gRPC closes its own connection and nothing else', async () => {
    const { port } = on.server;
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000',
      '\u0016\u0003\u0001',
    ]) {
      await new Promise<void>((resolve) => {
        const socket = createConnection(port, '127.0.0.1', () => socket.write(text));
        socket.on('data', () => undefined);
        socket.on('close', () => resolve());
        socket.on('error', () => resolve());
        setTimeout(() => socket.destroy(), 50);
      });
    }
    await expect(
      on.operator.call('Trading', 'GetMark', { instrumentId: 'BTC-PERP', read: undefined }),
    ).resolves.toBeDefined();
  });

  it('of the framing is answered by gRPC itself', async () => {
    const session = connect(`http://127.0.0.1:${on.server.port}`);
    const frames = [
      Buffer.from('00000000', 'hex'),
      Buffer.from('00ffffffff', 'hex'),
      Buffer.from('0100000003616263', 'hex'),
      Buffer.from('02000000010a', 'hex'),
      Buffer.alloc(0),
    ];
    for (const frame of frames) {
      await new Promise<void>((resolve) => {
        const stream = session.request({
          ...{ ':method': 'POST', ':path': unaryMethods[0]?.path ?? '' },
          ...{ 'content-type': 'application/grpc', te: 'trailers' },
        });
        stream.on('close', () => resolve());
        stream.on('error', () => resolve());
        stream.resume();
        stream.end(frame);
      });
    }
    session.close();
    expect(on.bugs).toEqual([]);
  });
});
