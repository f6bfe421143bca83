import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, credentials, Server } from '@grpc/grpc-js';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { addHealth, ALIVE, openHealthPort, type Closing } from './health.ts';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** HealthCheckRequest { string service = 1 } → HealthCheckResponse { ServingStatus status = 1 } */
const ask = (port: number, service: string, path = '/grpc.health.v1.Health/Check'): Promise<number> =>
  new Promise((resolve, reject) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    client.makeUnaryRequest(
      path,
      (name: string) => Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name)]),
      (bytes) => bytes[1] ?? 0,
      service,
      { deadline: Date.now() + 5_000 },
      (error, status) => {
        client.close();
        if (error === null) resolve(status ?? 0);
        else reject(error);
      },
    );
  });

const [SERVING, NOT_SERVING] = [1, 2];

describe('a port for health alone', () => {
  let close: Closing | undefined;
  afterEach(async () => close?.());

  it('answers as the calls’ own port does, and answers nothing else', async () => {
    const health = addHealth(new Server(), ['plinth.risk.v1.RiskQueries']);
    const port = await freePort();
    close = await openHealthPort(health, '127.0.0.1', port);
    expect(await ask(port, '')).toBe(NOT_SERVING);
    expect(await ask(port, ALIVE)).toBe(SERVING);
    health.set(true);
    expect(await ask(port, '')).toBe(SERVING);
    expect(await ask(port, 'plinth.risk.v1.RiskQueries')).toBe(SERVING);
    health.set(false);
    expect(await ask(port, '')).toBe(NOT_SERVING);
    expect(await ask(port, ALIVE)).toBe(SERVING);
    await expect(ask(port, '', '/plinth.risk.v1.RiskQueries/GetMargin')).rejects.toThrow('UNIMPLEMENTED');
  });
});
