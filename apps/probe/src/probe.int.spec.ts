import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Server } from '@grpc/grpc-js';
import { keepCertificates } from '@plinth/runtime/certificates';
import { addHealth, bind, serverCredentials, shutDown, type Health } from '@plinth/runtime/grpc';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../../..');

describe('the probe of a container', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-probe-'));
  const file = (name: string): string => join(directory, 'risk', name);
  let server: Server | undefined;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['tools/build.ts', 'apps/probe'], { cwd: ROOT });
    await keepCertificates({ directory, hosts: [], days: 1, nowMs: Date.now(), isForced: true });
  }, 60_000);
  afterEach(async () => {
    if (server !== undefined) await shutDown(server, 0);
    server = undefined;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const serve = async (isSecure: boolean): Promise<Readonly<{ port: number; health: Health }>> => {
    server = new Server();
    const health = addHealth(server, []);
    const tls = isSecure
      ? { keyFile: file('tls.key'), certFile: file('tls.crt'), caFile: file('ca.crt') }
      : undefined;
    const port = await bind(
      server,
      '127.0.0.1',
      0,
      serverCredentials(tls, () => undefined),
    );
    return { port, health };
  };

  /** Its exit code. */
  const probe = async (environment: Readonly<Record<string, string>>): Promise<number> => {
    const env = { PATH: process.env['PATH'] ?? '', ...environment };
    const main = join(ROOT, 'dist/probe/main.js');
    try {
      await promisify(execFile)(process.execPath, [main], { env });
      return 0;
    } catch (error) {
      return (error as Readonly<{ code: number }>).code;
    }
  };

  it.each([
    ['in plaintext', false, {}],
    ['with certificates', true, { PLINTH_TLS_KEY: file('tls.key'), PLINTH_TLS_CERT: file('tls.crt') }],
  ])('tells by its exit code whether the process serves, %s', async (_, isSecure, pair) => {
    const { port, health } = await serve(isSecure);
    const ask = (): Promise<number> => probe({ PLINTH_PROBE_PORT: String(port), ...pair });
    expect(await ask()).toBe(1);
    health.set(true);
    expect(await ask()).toBe(0);
    health.set(false);
    expect(await ask()).toBe(1);
  });

  it('fails where nobody answers, and says which setting is wrong', async () => {
    expect(await probe({ PLINTH_PROBE_PORT: '1' })).toBe(1);
    expect(await probe({ PLINTH_PROBE_PORT: 'one' })).toBe(2);
  });
});
