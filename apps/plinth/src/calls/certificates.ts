import type { Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, type Output } from '../cli/output.ts';
import { printList } from './print-answer.ts';

type CertificateOptions = Readonly<{ host: readonly string[]; days: number; renew: boolean; output: Output }>;

/** `keys certificates`: an authority and the certificates of every process, for a cluster without its own. */
export const addCertificates = (keys: Command): void => {
  keys
    .command('certificates')
    .description('make the certificates of a cluster: an authority, and a key and certificate per process')
    .argument('<directory>', 'where; what is there and has a third of its life left stays')
    .option('--host <name...>', 'further names or addresses under which the processes are reached', [])
    .option('--days <n>', 'how long a certificate is good for', wholeNumber(1, 825), 90)
    .option('--renew', 'make every certificate anew, by the same authority', false)
    .addOption(outputOption())
    .action(keep);
};

const keep = async (directory: string, options: CertificateOptions): Promise<void> => {
  const { host: hosts, days, renew: isForced, output } = options;
  const wrong = hosts.find((host) => !HOST.test(host));
  if (wrong !== undefined)
    throw new CliError(EXIT.usage, `--host: Expected a host name or an address, was ${wrong}`);
  const { keepCertificates } = await import('@plinth/runtime/certificates');
  printList(await keepCertificates({ directory, hosts, days, nowMs: Date.now(), isForced }), output);
};

const HOST = /^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;
