import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Client,
  credentials,
  status as grpc,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { MemoryLog, type LeaderLock } from '@plinth/eventing';
import { makeLogger, RemoteCell, rpcMethod, TailTransport, type CommandAnswer } from '@plinth/runtime';
import { issueCertificate, keepCertificates, makeAuthority, type Pair } from '@plinth/runtime/certificates';
import { errorFromStatus, GRPC_LIMITS, type GrpcError, type MutualTlsFiles } from '@plinth/runtime/grpc';
import { startService, type StartedService } from '@plinth/runtime/nest';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { brokerServices, CELL } from './services.ts';

const DAY_MS = 86_400_000;
const directory = mkdtempSync(join(tmpdir(), 'plinth-mtls-'));
const logger = makeLogger('spec', 'silent');
const refusedFiles = jest.spyOn(logger, 'error');

const filesOf = (name: string, below = 'ours'): MutualTlsFiles => {
  const place = join(directory, below, name);
  return { keyFile: join(place, 'tls.key'), certFile: join(place, 'tls.crt'), caFile: join(place, 'ca.crt') };
};

const make = (below: string, isForced = false) =>
  keepCertificates({ directory: join(directory, below), hosts: [], days: 30, nowMs: Date.now(), isForced });

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

const held: LeaderLock = { isHeld: true, acquire: async () => undefined, release: async () => undefined };

const started: StartedService[] = [];

/** Accounts as a process serves it, with the certificate of those files. */
const startAccounts = async (tls: MutualTlsFiles, log = new MemoryLog()): Promise<number> => {
  const definition = brokerServices({ cell: CELL, adapters: new Map() }).find(
    ({ name }) => name === 'accounts',
  );
  if (definition === undefined) throw new Error('Expected accounts');
  const port = await freePort();
  const clock = { now: () => Date.now() };
  const address = { host: '127.0.0.1', port };
  const transport = new TailTransport(log);
  started.push(
    await startService({ ...address, definition, log, clock, transport, lock: held, logger, tls }),
  );
  return port;
};

const cells: RemoteCell[] = [];

const cellOf = (tls: MutualTlsFiles, port: number): RemoteCell => {
  const cell = new RemoteCell({ addresses: new Map([['accounts', `127.0.0.1:${port}`]]), tls });
  cells.push(cell);
  return cell;
};

let sent = 0;
const openClient = (cell: RemoteCell, clientId: string): Promise<CommandAnswer> =>
  cell.command(
    'OpenClient',
    { clientId, name: clientId, jurisdiction: 'CH' },
    { tenant: 'operator', actor: 'operator:spec', requestId: `r${(sent += 1)}` },
  );

const getClient = (cell: RemoteCell, clientId: string) =>
  cell.query('GetClient', { clientId, read: undefined }, AbortSignal.timeout(5_000));

/** One call without a cell's own checks: why it failed. */
const rawCall = (port: number, channel: ChannelCredentials): Promise<'ok' | GrpcError> =>
  new Promise((resolve) => {
    const client = new Client(`127.0.0.1:${port}`, channel, { 'grpc.ssl_target_name_override': 'localhost' });
    const { path } = rpcMethod('GetClient', 'query');
    const same = (bytes: Buffer): Buffer => bytes;
    const deadline = Date.now() + 3_000;
    const done = (error: ServiceError | null): void => {
      client.close();
      resolve(error === null ? 'ok' : errorFromStatus(error));
    };
    client.makeUnaryRequest(path, same, same, Buffer.alloc(0), { deadline }, done);
  });

const pairOf = ({ certFile, keyFile }: MutualTlsFiles): readonly [Buffer, Buffer] => [
  readFileSync(keyFile),
  readFileSync(certFile),
];

let log: MemoryLog;
let port: number;

beforeAll(async () => {
  await make('ours');
  await make('theirs');
  log = new MemoryLog();
  port = await startAccounts(filesOf('accounts'), log);
});

afterAll(async () => {
  for (const cell of cells) cell.close();
  for (const service of started) await service.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a service with a certificate', () => {
  it('takes commands and questions of the gateway', async () => {
    const gateway = cellOf(filesOf('gateway'), port);
    expect(await openClient(gateway, 'alpha')).toMatchObject({ status: 'accepted' });
    expect(await getClient(gateway, 'alpha')).toMatchObject({ response: { clientId: 'alpha' } });
  });

  it.each(['risk', 'liquidation', 'routing', 'relay', 'operator'])('refuses those of %s', async (name) => {
    const { position } = await log.head();
    const cell = cellOf(filesOf(name), port);
    await expect(openClient(cell, 'beta')).rejects.toThrow(`was ${name}`);
    await expect(getClient(cell, 'alpha')).rejects.toMatchObject({
      ...{ code: grpc.PERMISSION_DENIED, reason: 'CALLER_NOT_ALLOWED', facts: { caller: name } },
    });
    expect((await log.head()).position).toBe(position);
  });

  it('takes of the simulated market what it needs, and no money', async () => {
    const exchange = cellOf(filesOf('exchange'), port);
    const sender = { tenant: 'operator', actor: 'operator:market', requestId: 'm1' };
    const asset = { asset: 'USD', scale: 2, kind: 'fiat', chains: ['bank'] };
    expect(await exchange.command('ListAsset', asset, sender)).toMatchObject({ status: 'accepted' });
    await expect(openClient(exchange, 'gamma')).rejects.toThrow('was exchange');
  });

  it('does not know a certificate that names no service', async () => {
    const [key, cert] = pairOf(filesOf('edge'));
    const answer = await rawCall(
      port,
      credentials.createSsl(readFileSync(filesOf('edge').caFile), key, cert),
    );
    expect(answer).toMatchObject({ code: grpc.UNAUTHENTICATED, reason: 'CALLER_UNKNOWN' });
  });

  it('speaks to nobody in plaintext or without a certificate of its authority that is in force', async () => {
    const ca = readFileSync(filesOf('gateway').caFile);
    const authority: Pair = {
      cert: ca.toString(),
      key: readFileSync(join(directory, 'ours', 'ca.key'), 'utf8'),
    };
    const terms = { identity: 'gateway', hosts: ['localhost'] };
    const issued = Date.now() - 2 * DAY_MS;
    const ended = await issueCertificate(authority, { ...terms, notAfterMs: issued + DAY_MS }, issued);
    const [otherKey, otherCert] = pairOf(filesOf('gateway', 'theirs'));
    const channels = [
      credentials.createInsecure(),
      credentials.createSsl(ca),
      credentials.createSsl(ca, otherKey, otherCert),
      credentials.createSsl(ca, Buffer.from(ended.key), Buffer.from(ended.cert)),
    ];
    for (const channel of channels)
      expect(await rawCall(port, channel)).toMatchObject({ code: grpc.UNAVAILABLE });
    // The same way with a good one: it is the certificates that were refused.
    expect(await rawCall(port, credentials.createSsl(ca, ...pairOf(filesOf('gateway'))))).not.toMatchObject({
      code: grpc.UNAVAILABLE,
    });
  });

  it('is not believed to be another: nothing is sent to it', async () => {
    const elsewhere = new MemoryLog();
    const impostor = await startAccounts(filesOf('pricing'), elsewhere);
    const gateway = cellOf(filesOf('gateway'), impostor);
    await expect(openClient(gateway, 'alpha')).rejects.toThrow('Expected accounts to be reachable');
    const foreign = await startAccounts(filesOf('accounts', 'theirs'), elsewhere);
    await expect(openClient(cellOf(filesOf('gateway'), foreign), 'alpha')).rejects.toThrow('reachable');
    expect((await elsewhere.head()).position).toBe(0n);
  });
});

/** The certificate that is shown on a new connection. */
const shown = (certificatesOf: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { keyFile, certFile, caFile } = filesOf(certificatesOf);
    const own = { key: readFileSync(keyFile), cert: readFileSync(certFile), ca: readFileSync(caFile) };
    const socket = connect({
      ...own,
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });

const lookedAgain = (): Promise<void> => sleep(GRPC_LIMITS.certificatesEveryMs * 1.5);

describe('certificates that are replaced', () => {
  it('are taken up by processes that run, and no call fails', async () => {
    const gateway = cellOf(filesOf('gateway'), port);
    let [answered, enough] = [0, Infinity];
    const asking = (async (): Promise<void> => {
      while (answered < enough) {
        // A new connection for every tenth call, so that both certificates are used.
        const cell = answered % 10 === 0 ? cellOf(filesOf('gateway'), port) : gateway;
        expect(await getClient(cell, 'alpha')).toMatchObject({ status: 'answered' });
        answered += 1;
        await sleep(5);
      }
    })();
    const before = await shown('gateway');
    await make('ours', true);
    await lookedAgain();
    const after = await shown('gateway');
    expect(answered).toBeGreaterThan(10);
    // Old connections and new ones go on under the new certificate.
    enough = answered + 20;
    await asking;
    expect(after).not.toBe(before);
  }, 60_000);

  it('that do not fit together are told once, and those before stay in use', async () => {
    const { keyFile } = filesOf('accounts');
    const good = readFileSync(keyFile);
    const before = await shown('gateway');
    refusedFiles.mockClear();
    writeFileSync(keyFile, readFileSync(filesOf('pricing').keyFile));
    await lookedAgain();
    await lookedAgain();
    expect(await shown('gateway')).toBe(before);
    expect(refusedFiles.mock.calls.map(([line]) => String((line as { err: unknown }).err))).toEqual([
      expect.stringContaining('Expected the private key of'),
    ]);
    writeFileSync(keyFile, good);
  }, 20_000);

  it('may come from a new authority, once everybody believes both', async () => {
    const next = await makeAuthority('the next', Date.now(), 30);
    const both = `${readFileSync(filesOf('accounts').caFile, 'utf8')}${next.cert}`;
    for (const name of ['accounts', 'gateway']) writeFileSync(filesOf(name).caFile, both);
    await lookedAgain();
    const gateway = cellOf(filesOf('gateway'), port);
    for (const name of ['accounts', 'gateway']) {
      const terms = { identity: name, hosts: ['localhost'], notAfterMs: Date.now() + DAY_MS };
      const { cert, key } = await issueCertificate(next, terms, Date.now());
      writeFileSync(filesOf(name).keyFile, key);
      writeFileSync(filesOf(name).certFile, cert);
    }
    await lookedAgain();
    for (const name of ['accounts', 'gateway']) writeFileSync(filesOf(name).caFile, next.cert);
    await lookedAgain();
    expect(await getClient(gateway, 'alpha')).toMatchObject({ status: 'answered' });
    expect(await getClient(cellOf(filesOf('gateway'), port), 'alpha')).toMatchObject({ status: 'answered' });
    // The old authority is believed no more.
    await expect(getClient(cellOf(filesOf('gateway', 'theirs'), port), 'alpha')).rejects.toThrow('reachable');
  }, 20_000);

  it('are refused at a start when they cannot be used, with file and remedy', async () => {
    const mixed = { ...filesOf('gateway', 'theirs'), keyFile: filesOf('risk', 'theirs').keyFile };
    expect(() => cellOf(mixed, port)).toThrow(/risk\/tls.key: Expected the private key of .*replace both/);
    const absent = { ...filesOf('gateway', 'theirs'), caFile: join(directory, 'nowhere') };
    expect(() => cellOf(absent, port)).toThrow(/nowhere: Expected a certificate in PEM/);
  });
});

describe('the directory of certificates', () => {
  it('keeps what is good, and makes anew what is about to end or is asked for', async () => {
    const nowMs = Date.now();
    const place = join(directory, 'kept');
    const keep = (laterMs: number, hosts: readonly string[] = []) =>
      keepCertificates({ directory: place, hosts, days: 30, nowMs: nowMs + laterMs });
    const outcomes = async (made: ReturnType<typeof keep>) => [
      ...new Set((await made).map(({ outcome }) => outcome)),
    ];
    expect(await outcomes(keep(0))).toEqual(['made']);
    expect(await outcomes(keep(19 * DAY_MS))).toEqual(['kept']);
    expect(await outcomes(keep(21 * DAY_MS))).toEqual(['renewed']);
    expect(await outcomes(keep(22 * DAY_MS, ['desk.example.com']))).toEqual(['renewed']);
    expect(await outcomes(keep(22 * DAY_MS, ['desk.example.com']))).toEqual(['kept']);
  });

  it('has one for each database and broker, which names where it is and no process', async () => {
    const place = join(directory, 'engines');
    const terms = { directory: place, hosts: [], days: 30, nowMs: Date.now() };
    await keepCertificates({ ...terms, engines: ['postgres', 'south-postgres'] });
    const names = new X509Certificate(readFileSync(join(place, 'south-postgres', 'tls.crt'))).subjectAltName;
    expect(names).toBe('DNS:south-postgres, DNS:localhost, IP Address:127.0.0.1');
    await expect(keepCertificates({ ...terms, engines: ['gateway'] })).rejects.toThrow('other names');
  });
});
