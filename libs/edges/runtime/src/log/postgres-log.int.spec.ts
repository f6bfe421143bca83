import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { eventLogContract } from '@plinth/eventing/contract';
import { freshLog, testServers } from './testing/server.ts';
import type { TestServer } from './testing/server.ts';

const servers = testServers();

describe.each(servers)('%s', (name, start) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => server.close());
  eventLogContract(`PostgresLog on ${name}`, () => freshLog(server));
});

if (servers.length === 1) {
  it.skip('PLINTH_DATABASE_URL is not set: the contract was not run on another server', () => undefined);
}
