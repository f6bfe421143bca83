import type { Command } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, type Output } from '../cli/output.ts';
import { printList } from './print-answer.ts';

type CertificateOptions = Readonly<{
  host: readonly string[];
  engine: readonly string[];
  days: number;
  renew: boolean;
  output: Output;
}>;

/** `keys certificates`: an authority and the certificates of every process, for a cluster without its own. */
export const addCertificates = (keys: Command): void => {
  keys
    .command('certificates')
    .description('make the certificates of a cluster: an authority, and a key and certificate per process')
    .argument('<directory>', 'where; what is there and has a third of its life left stays')
    .option('--host <name...>', 'further names or addresses under which the processes are reached', [])
    .option('--engine <name...>', 'databases and brokers, by the names under which they are reached', [])
    .option('--days <n>', 'how long a certificate is good for', wholeNumber(1, 825), 90)
    .option('--renew', 'make every certificate anew, by the same authority', false)
    .addOption(outputOption())
    .action(keep);
};

const keep = async (directory: string, options: CertificateOptions): Promise<void> => {
  const { host: hosts, engine: engines, days, renew: isForced, output } = options;
  const wrong = hosts.find((host) => !HOST.test(host));
  if (wrong !== undefined)
    throw new CliError(EXIT.usage, `--host: Expected a host name or an address, was ${wrong}`);
  const { isOurs, keepCertificates } = await import('@plinth/runtime/certificates');
  const bad = engines.find((name) => !ENGINE.test(name) || isOurs(name));
  if (bad !== undefined)
    throw new CliError(EXIT.usage, `--engine: Expected a host name that is no process’s, was ${bad}`);
  const terms = { directory, hosts, engines, days, nowMs: Date.now(), isForced };
  printList(await keepCertificates(terms), output);
};

const HOST = /^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/;
/** It is the name of a directory, too. */
const ENGINE = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
