import type { Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { outputOption, printRows, type Output, type Row } from '../cli/output.ts';
import { interruptible } from '../cli/signals.ts';
import { addConnectionOptions, connected, type ConnectionOptions } from './connection.ts';
import { position } from './parse-fields.ts';

type StreamOptions = ConnectionOptions &
  Readonly<{ output: Output; resumeAfter: bigint; count?: number; heartbeats: boolean }>;

const STREAMS = {
  margin: { method: 'StreamMargin', about: 'margin figures and states: a snapshot, then every change' },
  fills: { method: 'StreamFills', about: 'fills of the accounts, from now on or behind a position' },
} as const;

/** `streams margin|fills`: one line a message, until Ctrl-C. */
export const addStreams = (program: Command): void => {
  const streams = program.command('streams').description('what happens, as it happens');
  for (const [name, { method, about }] of Object.entries(STREAMS)) {
    addConnectionOptions(streams.command(name))
      .description(about)
      .argument('[account...]', 'account ids (default: all accounts of the key)')
      .option('--resume-after <position>', 'go on behind this position', position, 0n)
      .option('--count <n>', 'end after so many messages', wholeNumber(1, 1_000_000_000))
      .option('--heartbeats', 'print heartbeats too', false)
      .addOption(outputOption())
      .action((accountIds: readonly string[], options: StreamOptions) =>
        interruptible((signal) => follow(method, accountIds, options, signal)),
      );
  }
};

/** The parts of a message that are worth a line. */
const rowsOf = (message: Row, heartbeats: boolean): readonly Row[] => {
  const { kind, position: at, accounts, fill } = message;
  if (kind === 'heartbeat') return heartbeats ? [{ kind, position: at }] : [];
  const parts = Array.isArray(accounts) ? (accounts as readonly Row[]) : [fill as Row];
  return parts.map((part) => ({ kind, position: at, ...part }));
};

const follow = async (
  method: 'StreamMargin' | 'StreamFills',
  accountIds: readonly string[],
  { output, resumeAfter, count, heartbeats, ...connection }: StreamOptions,
  signal: AbortSignal,
): Promise<void> => {
  // A stream has no end: a table or a JSON array would never be closed.
  const form = output === 'table' ? 'table' : 'ndjson';
  let left = count ?? Infinity;
  await connected(connection, async (client) => {
    for await (const message of client.stream(method, { accountIds: [...accountIds], resumeAfter }, signal)) {
      const rows = rowsOf({ ...message }, heartbeats);
      if (rows.length === 0) continue;
      if (form === 'ndjson') printRows(rows, form);
      else for (const row of rows) process.stdout.write(`${line(row)}\n`);
      left -= 1;
      if (left <= 0) return;
    }
  });
};

/** For people: `change 812 a0001 call equity=…`. */
const line = (row: Row): string =>
  Object.entries(row)
    .flatMap(([name, value]): readonly string[] => {
      if (value === '' || value === undefined || value === 0) return [];
      if (name === 'figures') return [`equity=${(value as Row)['equity'] as string}`];
      if (name.endsWith('Ms')) return [new Date(value as number).toISOString()];
      const shown = value as string | number | bigint;
      return [name === 'kind' || name === 'position' ? `${shown}` : `${name}=${shown}`];
    })
    .join(' ');
