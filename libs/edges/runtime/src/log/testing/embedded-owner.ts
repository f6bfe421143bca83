import { testCommand, testEvent, testRequest } from '@plinth/eventing/testing';
import { randomUUID } from 'node:crypto';
import { startEmbeddedPostgres } from '../embedded-postgres.ts';
import { openPostgresLog } from '../postgres-log.ts';

// A process of its own, to be killed: it starts a server on the directory it is given and appends without
// end. Each answered command is printed before the next one is sent.

const [directory = '', run = ''] = process.argv.slice(2);
const server = await startEmbeddedPostgres({ directory });
const log = await openPostgresLog(server);
process.stdout.write(`up ${String(await server.pid())}\n`);
const send = async (caller: number): Promise<void> => {
  for (let n = 0; ; n += 1) {
    const key = `${run}-${caller}-${n}`;
    const append = { stream: `order-${key}`, expectedVersion: 0, events: [testEvent(n, randomUUID())] };
    await log.append(testRequest([append], { command: testCommand(key) }));
    process.stdout.write(`done ${key}\n`);
  }
};
await Promise.all([0, 1, 2, 3].map(send));
