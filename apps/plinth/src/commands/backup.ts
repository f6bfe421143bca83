import type { Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRecord, type Output } from '../cli/output.ts';
import { addLogOptions, addReadingOptions, type ReadingOptions } from '../cli/reading-options.ts';

type CreateOptions = ReadingOptions & Readonly<{ to: string; output: Output }>;
type VerifyOptions = Readonly<{ key?: string; heads?: string; published?: boolean; output: Output }>;
type RestoreOptions = ReadingOptions &
  Readonly<{ position?: number; witness?: string; key?: string; output: Output }>;

const POSITION = wholeNumber(1, 2 ** 31 - 1);

export const register = (program: Command): void => {
  const backup = program.command('backup').description('copy a log to files, prove the copy, and restore it');
  addReadingOptions(backup.command('create'))
    .description(
      'copy a log while it is written to; into the directory of an earlier backup only what is new',
    )
    .requiredOption('--to <dir>', 'directory of the backup')
    .addOption(outputOption())
    .action(create);
  backup
    .command('verify')
    .description(
      'read a whole backup: files, order, the tree over all events, signed heads; 1 when it differs',
    )
    .argument('<dir>', 'directory of the backup')
    .option('--key <file>', 'public key of the heads, PEM: judge by signed heads, not by hashes alone')
    .option('--heads <file>', 'heads of a witness, one a line (default: those in the backup)')
    .option('--published', 'heads as the cell’s topic has them, of PLINTH_KAFKA_BROKERS')
    .addOption(outputOption())
    .action(verify);
  addLogOptions(backup.command('restore'))
    .description('put a backup into a database without a log, or a new data directory, and read it back')
    .argument('<dir>', 'directory of the backup')
    .option('--position <n>', 'restore the log as it was at this position (default: everything)', POSITION)
    .option(
      '--witness <file>',
      'append the head of the restored log’s new epoch to this witness; needs --key',
    )
    .option('--key <file>', 'key that signs the heads, PEM')
    .addOption(outputOption())
    .action(restore);
};

const create = async (options: CreateOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { makeBackup } = await import('../broker/backup-files.ts');
  await reading(options, async (_log, _directory, url) => {
    printRecord(await makeBackup(url, options.to), options.output);
  });
};

const verify = async (directory: string, options: VerifyOptions): Promise<void> => {
  const { judgeBackup } = await import('../broker/backup-files.ts');
  if (options.key === undefined && (options.heads !== undefined || options.published === true))
    throw new CliError(EXIT.usage, '--key: Expected the public key that the heads are signed with');
  printRecord(await judgeBackup(directory, options), options.output);
};

const restore = async (directory: string, options: RestoreOptions): Promise<void> => {
  const { databaseOf } = await import('../cli/reading-options.ts');
  const { putBack } = await import('../broker/backup-files.ts');
  if ((options.witness === undefined) !== (options.key === undefined))
    throw new CliError(EXIT.usage, '--witness: Expected --key beside it, and the other way round');
  const database = databaseOf(options);
  if ((database === undefined) === (options.data === undefined))
    throw new CliError(EXIT.usage, 'Expected --database or --data: where the log is to be restored');
  printRecord(await putBack(directory, { ...options, database }), options.output);
};
