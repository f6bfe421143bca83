import type { Transport } from '@plinth/eventing';
import type { PostgresLog } from '../log/postgres-log.ts';
import { TailTransport } from './tail-transport.ts';

/** How a process follows the log of its cell: by reading the table itself. */
export const openTransport = (log: PostgresLog): Transport => new TailTransport(log);
