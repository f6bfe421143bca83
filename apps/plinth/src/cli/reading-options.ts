import { Option, type Command } from 'commander';

/** Where a command that only looks finds its log. */
export type ReadingOptions = Readonly<{ data?: string; database?: string }>;

export const addReadingOptions = (command: Command): Command =>
  command
    .option(
      '--data <dir>',
      'data directory (default: .plinth/data, or .plinth/demo when there is no such); it may be in use',
    )
    .addOption(
      new Option('--database <url>', 'a PostgreSQL instead of the embedded one').env('PLINTH_DATABASE_URL'),
    );
