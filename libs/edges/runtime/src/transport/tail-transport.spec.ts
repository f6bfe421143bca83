import { MemoryLog } from '@plinth/eventing';
import { transportContract } from '@plinth/eventing/transport-contract';
import { TailTransport } from './tail-transport.ts';

transportContract('the tail of a log in memory', async () => {
  const log = new MemoryLog();
  return { log, transport: new TailTransport(log, { batchMax: 7, pollMs: 5 }), close: async () => undefined };
});
