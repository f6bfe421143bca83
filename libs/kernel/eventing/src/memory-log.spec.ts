import { eventLogContract } from './event-log.contract.ts';
import { MemoryLog } from './memory-log.ts';

eventLogContract('MemoryLog', async () => {
  const log = new MemoryLog();
  return { log, another: log, close: async () => undefined };
});
