import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { issueCertificate, makeAuthority, type Pair } from '@plinth/runtime/certificates';
import type { TlsFiles } from '@plinth/runtime/grpc';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { GatewayClient } from '../client/gateway-client.ts';
import { makeKey, verifierOf, type ClientKey } from '../client/key-file.ts';
import { callSigner } from '../client/sign-call.ts';
import { http1Request, RawHttp1 } from '../testing/raw-http1.ts';
import { startGateway, type Started } from '../testing/started-gateway.ts';

const DAY_MS = 86_400_000;
const GET_MARK = '/plinth.gateway.v1.Trading/GetMark';
const MARK = Buffer.from('{"instrumentId":"BTC-PERP"}');

describe('the port of the gateway under TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-door-'));
  const file = (name: string): string => join(directory, name);
  const files: TlsFiles = { keyFile: file('tls.key'), certFile: file('tls.crt') };
  let authority: Pair;
  let on: Started | undefined;
  let key: ClientKey;
  const opened: { destroy: () => void }[] = [];

  const issue = (): Promise<Pair> =>
    issueCertificate(authority, { hosts: ['localhost'], notAfterMs: Date.now() + DAY_MS }, Date.now());

  const install = ({ key: ownKey, cert }: Pair): void => {
    writeFileSync(files.keyFile, ownKey);
    writeFileSync(files.certFile, cert);
  };

  beforeAll(async () => {
    authority = await makeAuthority('of the spec', Date.now(), 30);
    writeFileSync(file('ca.crt'), authority.cert);
  });

  beforeEach(async () => install(await issue()));

  afterEach(async () => {
    for (const one of opened.splice(0)) one.destroy();
    await on?.stop();
    expect(on?.bugs).toEqual([]);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  const start = async (tls: TlsFiles = files): Promise<Started> => {
    key = makeKey('operator.tls');
    const operatorKeys = [{ keyId: key.keyId, publicKey: verifierOf(key) }];
    return (on = await startGateway({ tls, operatorKeys, silentMaxMs: 500 }));
  };

  const open = async ({ server }: Started, more: ConnectionOptions): Promise<TLSSocket> => {
    const options = { host: 'localhost', port: server.port, ca: authority.cert, ...more };
    const socket = connect(options);
    opened.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  };

  const headersOf = ({ clock }: Started): Readonly<Record<string, string>> => ({
    ...Object.fromEntries(callSigner(key, clock.now)({ method: GET_MARK, form: 'json', body: MARK })),
    'content-type': 'application/json',
  });

  const answerTo = async (socket: TLSSocket, request: Buffer): Promise<string> => {
    socket.write(request);
    const [piece] = (await once(socket, 'data')) as [Buffer];
    return piece.toString();
  };

  it.each([
    ['HTTP/1.1', { ALPNProtocols: ['http/1.1'] }, 'http/1.1'],
    ['no protocol', {}, false],
  ])('speaks HTTP/1.1 with callers that offer %s', async (_, offered, spoken) => {
    const gateway = await start();
    const socket = await open(gateway, offered);
    expect(socket.alpnProtocol).toBe(spoken);
    const request = http1Request(GET_MARK, { ...headersOf(gateway), 'content-length': MARK.length }, MARK);
    expect(await answerTo(socket, request)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('speaks HTTP/2 with callers that offer both: JSON, gRPC-Web and gRPC', async () => {
    const gateway = await start();
    const { server, clock } = gateway;
    const socket = await open(gateway, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).toBe('h2');
    const session = connectHttp2(`https://localhost:${server.port}`, { createConnection: () => socket });
    const json = session.request({ ':method': 'POST', ':path': GET_MARK, ...headersOf(gateway) });
    json.end(MARK);
    const [headers] = (await once(json, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    const web = session.request({
      ...{ ':method': 'POST', ':path': GET_MARK, 'content-type': 'application/grpc-web+proto' },
    });
    web.end(Buffer.alloc(5));
    const [frame] = (await once(web, 'data')) as [Buffer];
    expect(frame.toString('latin1')).toContain('grpc-status: 16');
    session.destroy();
    const client = new GatewayClient({
      ...{ address: `localhost:${server.port}`, key, now: clock.now, ca: Buffer.from(authority.cert) },
    });
    const ask = { instrumentId: 'BTC-PERP', read: undefined };
    await expect(client.call('Trading', 'GetMark', ask)).resolves.toBeDefined();
    client.close();
  });

  it('has nothing to say to other protocols, to plaintext and to silence', async () => {
    const gateway = await start();
    await expect(open(gateway, { ALPNProtocols: ['spdy/3'] })).rejects.toThrow();
    for (const text of ['', '\x16\x03\x01', http1Request(GET_MARK, {})]) {
      const raw = await RawHttp1.open(gateway.server.port);
      opened.push({ destroy: () => raw.close() });
      raw.send(text);
      expect(await raw.closed(4_000)).toBe(true);
      expect(raw.seen).not.toContain('HTTP');
    }
  });

  it.each([['http/1.1'], ['h2']])('asks for the certificate of callers over %s', async (protocol) => {
    const gateway = await start({ ...files, caFile: file('ca.crt') });
    const offered = { ALPNProtocols: [protocol] };
    const bare = await open(gateway, offered);
    // Under TLS 1.3 the caller hears of it with its first answer.
    await expect(once(bare, 'data')).rejects.toThrow(/certificate required/i);
    const { key: ownKey, cert } = await issue();
    const known = await open(gateway, { ...offered, key: ownKey, cert });
    expect(known.authorized).toBe(true);
    if (protocol === 'h2') return;
    const request = http1Request(GET_MARK, { ...headersOf(gateway), 'content-length': MARK.length }, MARK);
    expect(await answerTo(known, request)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('shows a renewed certificate to whoever connects from then on', async () => {
    const gateway = await start();
    const shown = async (): Promise<string> =>
      (await open(gateway, { ALPNProtocols: ['h2'] })).getPeerCertificate().serialNumber;
    const first = await shown();
    expect(await shown()).toBe(first);
    install(await issue());
    let last = first;
    for (const until = performance.now() + 10_000; last === first && performance.now() < until;)
      last = await shown();
    expect(last).not.toBe(first);
  }, 20_000);
});
