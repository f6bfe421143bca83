import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { reject } from '@plinth/eventing';
import { METADATA } from '../auth/signing.ts';
import { signingFetch } from '../client/signing-fetch.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';
import { jsonOfDetail, serviceOf } from './wire-types.ts';

type Messages = Readonly<{ accountId: string; position: bigint; id: string; kind: string }>;
type Options = Readonly<{
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  onHeader?: (found: Headers) => void;
}>;
type Unary = (request: object, options?: Options) => Promise<Messages>;
type Stream = (request: object, options?: Options) => AsyncIterable<Messages>;

/** What browsers run, with the `fetch` of Node: libraries of others, as they were made. */
const LIBRARIES = [
  [
    'gRPC-Web',
    (baseUrl: string, fetch: typeof globalThis.fetch) => createGrpcWebTransport({ baseUrl, fetch }),
  ],
  [
    'Connect',
    (baseUrl: string, fetch: typeof globalThis.fetch) => createConnectTransport({ baseUrl, fetch }),
  ],
] as const;

describe.each(LIBRARIES)('connect-web over %s', (_, transportOf) => {
  let on: Started;
  let transport: Transport;

  beforeEach(async () => {
    on = await startGateway({ heartbeatMs: 30 });
    on.cell.accounts.set('a1', 'alpha').set('b1', 'beta');
    const fetch = signingFetch(on.issue('alpha'), { now: on.clock.now });
    transport = transportOf(`http://127.0.0.1:${on.server.port}`, fetch);
  });

  afterEach(async () => {
    await on.stop();
    expect(on.bugs).toEqual([]);
  });

  const client = <T>(service: string): Readonly<Record<string, T>> =>
    createClient(serviceOf(`plinth.gateway.v1.${service}`), transport);

  it('reads', async () => {
    on.cell.position = 9n;
    let position: string | null = null;
    const onHeader = (found: Headers): void => {
      position = found.get(METADATA.position);
    };
    const answer = await client<Unary>('Accounts')['getAccount']?.({ accountId: 'a1' }, { onHeader });
    expect(answer?.accountId).toBe('a1');
    expect(position).toBe('9');
  });

  it('commands, under the request id that it gives or one of its own', async () => {
    const order = {
      orderId: 'alpha.1',
      accountId: 'a1',
      instrumentId: 'BTC-PERP',
      side: 'buy',
      quantity: '1',
    };
    const trading = client<Unary>('Trading');
    const given = await trading['placeOrder']?.(order, { headers: { [METADATA.requestId]: 'r-7' } });
    expect(given).toMatchObject({ position: 2n, id: 'done' });
    await trading['placeOrder']?.(order);
    expect(on.cell.sent.map(({ sender }) => sender.requestId)).toEqual([
      'r-7',
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });

  it('is refused with details that it can read', async () => {
    on.cell.refuse = reject('QUANTITY_INVALID', 'Expected a quantity above 0', {
      ...{ reason: 'invalid', field: 'quantity' },
    });
    const order = { orderId: 'alpha.1', accountId: 'a1' };
    const error = await client<Unary>('Trading')
      ['placeOrder']?.(order)
      .catch((found: unknown) => found);
    if (!(error instanceof ConnectError)) throw new Error(`Expected a refusal, was ${String(error)}`);
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.rawMessage).toBe('Expected a quantity above 0');
    const details = error.details.map((one): JsonValue | undefined =>
      'type' in one ? jsonOfDetail(one.type, one.value) : undefined,
    );
    expect(details).toEqual([
      { reason: 'QUANTITY_INVALID', domain: 'plinth' },
      {
        fieldViolations: [
          { field: 'quantity', description: 'Expected a quantity above 0', reason: 'QUANTITY_INVALID' },
        ],
      },
    ]);
  });

  it('follows a stream until it has enough', async () => {
    const stop = new AbortController();
    const kinds: string[] = [];
    const follow = async (): Promise<void> => {
      const { signal } = stop;
      for await (const { kind } of client<Stream>('Streams')['streamFills']?.(
        { accountIds: ['a1'] },
        { signal },
      ) ?? []) {
        kinds.push(kind);
        if (kinds.length === 3) stop.abort();
      }
    };
    await expect(follow()).rejects.toMatchObject({ code: Code.Canceled });
    expect(kinds).toEqual(['heartbeat', 'heartbeat', 'heartbeat']);
  });

  it('hears why a stream ends', async () => {
    const follow = async (): Promise<void> => {
      for await (const { kind } of client<Stream>('Streams')['streamFills']?.({ accountIds: ['b1'] }) ?? [])
        expect(kind).toBe('nothing');
    };
    await expect(follow()).rejects.toMatchObject({ code: Code.NotFound });
  });
});
