import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { issueCertificate, makeAuthority, type Pair } from '../../certificates/index.ts';

const run = promisify(execFile);

const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

export type TlsKafka = Readonly<{
  brokers: readonly string[];
  /** Of a certificate that the broker takes, and of one by another authority. */
  ours: Readonly<{ caFile: string; certFile: string; keyFile: string }>;
  strangers: Readonly<{ caFile: string; certFile: string; keyFile: string }>;
  close: () => Promise<void>;
}>;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

/** A party's certificate by an authority of its own making, as files. */
const issued = async (directory: string, name: string, authority: Pair) => {
  const terms = { hosts: ['localhost', '127.0.0.1'], notAfterMs: Date.now() + DAY_MS };
  const { cert, key } = await issueCertificate(authority, terms, Date.now());
  const file = (end: string): string => join(directory, `${name}.${end}`);
  await writeFile(file('ca'), authority.cert);
  await writeFile(file('crt'), cert);
  await writeFile(file('key'), key, { mode: 0o600 });
  // The broker reads both from one file.
  await writeFile(file('pem'), `${key}\n${cert}`, { mode: 0o600 });
  return { caFile: file('ca'), certFile: file('crt'), keyFile: file('key') };
};

/**
 * A broker that speaks TLS alone and asks every client for a certificate, made of the program of another one.
 */
export const startTlsKafka = async (control: string, programs: string): Promise<TlsKafka> => {
  const directory = await mkdtemp(join(tmpdir(), 'plinth-kafka-tls-'));
  const [port, inner] = [await freePort(), await freePort()];
  const authority = await makeAuthority('brokers', Date.now(), 1);
  await issued(directory, 'broker', authority);
  const ours = await issued(directory, 'ours', authority);
  const strangers = await issued(directory, 'strangers', await makeAuthority('strangers', Date.now(), 1));
  await symlink(join(resolve(programs), 'libs'), join(directory, 'libs'));
  const properties = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.bootstrap.servers=127.0.0.1:${inner}`,
    `listeners=SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${inner}`,
    `advertised.listeners=SSL://localhost:${port}`,
    'listener.security.protocol.map=SSL:SSL,CONTROLLER:PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=SSL',
    'ssl.client.auth=required',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${join(directory, 'broker.pem')}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${ours.caFile}`,
    `log.dirs=${join(directory, 'data')}`,
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=2',
    'group.initial.rebalance.delay.ms=0',
  ];
  await writeFile(join(directory, '1.properties'), `${properties.join('\n')}\n`);
  const [classes, cluster] = [join(directory, 'libs', '*'), `A${randomBytes(15).toString('base64url')}`];
  const format = ['format', '--standalone', '-t', cluster, '-c', join(directory, '1.properties')];
  await run('java', ['-cp', classes, 'kafka.tools.StorageTool', ...format], { timeout: PATIENCE_MS });
  // The broker outlives the program that starts it: nothing of ours may stay open in it.
  await once(spawn(control, ['restart', directory, '1'], { stdio: 'ignore' }), 'exit');
  return {
    ...{ brokers: [`localhost:${port}`], ours, strangers },
    close: async () => {
      await run(control, ['kill', directory, '1']);
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
};
