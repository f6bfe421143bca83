import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { eventLogContract } from '@plinth/eventing/contract';
import { freshLog, startTestServer } from './testing.ts';
import type { TestServer } from './testing.ts';

describe('on the embedded server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => server.close());
  eventLogContract('PostgresLog, embedded', () => freshLog(server));
});

const url = process.env['PLINTH_DATABASE_URL'];
if (url === undefined)
  it.skip('PLINTH_DATABASE_URL is not set: the contract was not run on another server', () => undefined);
else
  eventLogContract('PostgresLog, PLINTH_DATABASE_URL', () =>
    freshLog({ url, ownerUrl: url, close: async () => undefined }),
  );
