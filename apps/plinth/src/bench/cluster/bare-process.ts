import { Client, credentials } from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BARE_SOURCE } from './bare-source.ts';

export type BareOptions = Readonly<{
  /** Where grpc-js is installed. */
  root: string;
  /** Directory of the certificate that it shows. */
  certificates: string;
  path: string;
  request: Buffer;
  answerBytes: number;
}>;

export type BareProcess = Readonly<{
  /** A caller with a connection of its own. */
  caller: () => () => Promise<void>;
  close: () => Promise<void>;
}>;

const same = (bytes: Buffer): Buffer => bytes;

/** Bare grpc-js over TLS in a process of its own, with messages of the same sizes on the same path. */
export const startBareProcess = async (options: BareOptions): Promise<BareProcess> => {
  const { root, certificates, path, request, answerBytes } = options;
  const pair = ['tls.key', 'tls.crt'].map((name) => join(certificates, name));
  const args = ['--input-type=module', '-e', BARE_SOURCE, path, String(answerBytes), ...pair];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const gone = once(child, 'exit').then(() => {
    throw new Error('Expected the bare server to stay');
  });
  gone.catch(() => undefined);
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [Buffer];
  const ca = readFileSync(join(certificates, 'ca.crt'));
  const clients: Client[] = [];
  const caller = (): (() => Promise<void>) => {
    const address = `127.0.0.1:${line.toString().trim()}`;
    const client = new Client(address, credentials.createSsl(ca), { 'grpc.use_local_subchannel_pool': 1 });
    clients.push(client);
    return () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, request, (error) =>
          error === null ? resolve() : reject(error),
        );
      });
  };
  return {
    caller,
    close: async () => {
      for (const client of clients) client.close();
      process.off('exit', end);
      end();
      await gone.catch(() => undefined);
    },
  };
};
