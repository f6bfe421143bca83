import type { Command } from 'commander';
import type { LogProof, Logger, Verification } from '@plinth/runtime';
import type { Breach } from '@plinth/simulation';
import type { GateKeeper } from '../broker/gate-keeper.ts';
import { wholeNumber } from '../cli/arguments.ts';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import { outputOption, printRecord, printRows, type Output } from '../cli/output.ts';
import { environment } from '../cli/environment.ts';
import { addReadingOptions, databaseOf, type ReadingOptions } from '../cli/reading-options.ts';
import { interruptible } from '../cli/signals.ts';
import { addConnectionOptions, connected, type ConnectionOptions } from '../calls/connection.ts';

type Common = ReadingOptions &
  Readonly<{ heads?: string; key?: string; published?: boolean; output: Output }>;
type VerifyOptions = Common & Readonly<{ events?: string; proof?: string }>;
type ProveOptions = Common & Readonly<{ from?: number; to?: number; size?: number }>;
type WatchOptions = ReadingOptions & ConnectionOptions & Readonly<{ output: Output }>;
type ExportOptions = Common & Readonly<{ to: string }>;

const addCommon = (command: Command): Command =>
  addReadingOptions(command)
    .option('--heads <file>', 'signed heads, one a line (default: the witness file of the data directory)')
    .option('--published', 'heads as the cell’s topic has them, of PLINTH_KAFKA_BROKERS, instead of a file')
    .option('--key <file>', 'public key of the heads, PEM (default: the key of the data directory)')
    .addOption(outputOption());

/** What is too long for an event is still worth its beginning. */
const DETAIL_CHARS = 500;

const POSITION = wholeNumber(1, 2 ** 31 - 1);

export const register = (program: Command): void => {
  const audit = program
    .command('audit')
    .description('prove what the log says, and check proofs, without trusting its server');
  addCommon(audit.command('verify'))
    .description(
      'check a whole log against its signed heads; exit code 1 and the first bad position when it differs',
    )
    .option('--events <file>', 'an exported log instead of a data directory; needs --heads and --key')
    .option('--proof <file>', 'one proof instead of a whole log')
    .action(verify);
  addCommon(audit.command('prove'))
    .description(
      'a proof, as JSON, that an event stands in the log of a signed head, or that a head continues one',
    )
    .argument('[position]', 'of the event', POSITION)
    .option(
      '--size <events>',
      'size of the signed head (default: the first that covers the position)',
      POSITION,
    )
    .option('--from <events>', 'prove that the head of this size …', POSITION)
    .option('--to <events>', '… is continued by the head of this size (default: the last)', POSITION)
    .action(prove);
  addReadingOptions(addConnectionOptions(audit.command('watch')))
    .description(
      'check the invariants of the broker at every event, from the first on and as they come, ' +
        'until Ctrl-C; ' +
        'with --key (or PLINTH_KEY) a breach closes the gate to payouts and to whatever adds risk',
    )
    .addOption(outputOption())
    .action((options: WatchOptions) => interruptible((signal) => watch(options, signal)));
  addCommon(audit.command('export'))
    .description(
      'write events, heads and the public key to files that anybody can check with `audit verify --events`',
    )
    .requiredOption('--to <dir>', 'directory for events.ndjson, heads.ndjson and public-key.pem')
    .action(exportTo);
  audit
    .command('cells')
    .description(
      'check what must hold between the logs of all cells: transfers, clearing, marks; exit code 1 else',
    )
    .option('--cells <file>', 'the file of cells that the processes of a cluster use')
    .option('--data <dir>', 'or the data directory of a broker that has several; it may be in use')
    .addOption(outputOption())
    .action(betweenCells);
};

const verify = async (options: VerifyOptions): Promise<void> => {
  const { asCliError, dataDirectory, reading } = await import('../broker/reading.ts');
  const files = await import('../broker/audit-files.ts');
  if (options.proof !== undefined) return verifyProof(options.proof, options);
  if (options.events !== undefined) {
    if ((options.heads === undefined && options.published !== true) || options.key === undefined) {
      throw new CliError(EXIT.usage, '--events: Expected --heads (or --published) and --key beside it');
    }
    const { heads, publicKey } = await files.auditInputs(options, dataDirectory(options));
    try {
      return tell(await files.verifyExport(options.events, heads, publicKey), options.output);
    } catch (error) {
      throw asCliError(error);
    }
  }
  await reading(options, async (log, directory) => {
    const { heads, publicKey } = await files.auditInputs(options, directory);
    tell(await files.verifyStored(log, heads, publicKey), options.output);
  });
};

const watch = async (options: WatchOptions, signal: AbortSignal): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { watchInvariants } = await import('../broker/watch-invariants.ts');
  const { makeLogger, startTelemetry } = await import('@plinth/runtime');
  const { telemetryOf } = await import('@plinth/runtime/config');
  const logger = makeLogger('auditor', environment().PLINTH_LOG_LEVEL);
  const telemetry = await startTelemetry('plinth-auditor', telemetryOf(environment()));
  try {
    // Of a database the cell is only whom the gateway is told of.
    const { cell, ...rest } = options;
    const isDirectory = databaseOf(options) === undefined && cell !== undefined;
    await reading(isDirectory ? { ...rest, cell } : rest, (log) =>
      guarding(options, logger, async (keeper) => {
        const tell = ({ invariant, position, detail }: Breach): void =>
          logger.error({ invariant, position: position.toString(), detail }, 'an invariant does not hold');
        const seen = await watchInvariants(log, signal, tell, keeper);
        printRecord(seen, options.output);
        if (seen.breaches > 0)
          throw new CliError(EXIT.checkFailed, `${seen.breaches} breaches of invariants`);
      }),
    );
  } finally {
    await telemetry.stop();
  }
};

/** With a key, a keeper that closes the gate through the gateway; without one nobody does. */
const guarding = async (
  options: WatchOptions,
  logger: Logger,
  work: (keeper?: GateKeeper) => Promise<void>,
): Promise<void> => {
  if (options.key === undefined) {
    logger.warn('a breach will be told and nothing closed: --key (or PLINTH_KEY) names no key');
    return work();
  }
  const { GateKeeper } = await import('../broker/gate-keeper.ts');
  // The gate that is meant is that of the cell whose log is read.
  const { PLINTH_CELL: cell } = environment();
  await connected({ cell, ...options }, async (client) => {
    const keeper = new GateKeeper(async (breach, requestId) => {
      const { invariant: cause, position: brokenAt } = breach;
      const detail = breach.detail.slice(0, DETAIL_CHARS) || cause;
      await client.call('Operations', 'CloseGate', { cause, brokenAt, detail }, { requestId });
    }, logger);
    try {
      await work(keeper);
    } finally {
      await keeper.stop();
    }
  });
};

const tell = (verification: Verification, output: Output): void => {
  const { findings, ...counts } = verification;
  const unproven = verification.events - verification.proven;
  if (output === 'table') {
    printRecord({ ...counts, 'not yet under a head': unproven, findings: findings.length }, output);
    if (findings.length > 0) printRows(findings, output);
  } else {
    printRecord({ ...counts, unproven, findings }, output);
  }
  const [first] = findings;
  if (first !== undefined) {
    throw new CliError(EXIT.checkFailed, `first bad position ${first.position}: ${first.problem}`);
  }
};

const verifyProof = async (path: string, options: VerifyOptions): Promise<void> => {
  const { dataDirectory } = await import('../broker/reading.ts');
  const { auditFiles } = await import('../broker/audit-trail.ts');
  const { readProof, readPublicKey } = await import('../broker/audit-files.ts');
  const { problemOf } = await import('@plinth/runtime');
  const proof = readProof(path);
  const key = readPublicKey(options.key ?? auditFiles(dataDirectory(options)).key);
  let problem: string | undefined;
  try {
    problem = problemOf(proof, key);
  } catch (error) {
    problem = `it cannot be read: ${(error as Error).message}`;
  }
  printRecord({ proof: path, ...subjectOf(proof), holds: problem === undefined }, options.output);
  if (problem !== undefined) throw new CliError(EXIT.checkFailed, `${path}: ${problem}`);
};

const subjectOf = (proof: LogProof): Readonly<Record<string, unknown>> =>
  proof.kind === 'plinth-inclusion-v1'
    ? { position: proof.event?.position, event: proof.event?.type, head: proof.head?.size }
    : { first: proof.first?.size, second: proof.second?.size };

const prove = async (position: number | undefined, options: ProveOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { auditInputs, headCovering, headOfSize } = await import('../broker/audit-files.ts');
  const { problemOf, proveConsistency, proveInclusion } = await import('@plinth/runtime');
  if ((position === undefined) === (options.from === undefined)) {
    throw new CliError(EXIT.usage, 'Expected a position, or --from with the size of a head');
  }
  await reading(options, async (log, directory) => {
    const { heads, publicKey } = await auditInputs(options, directory);
    let proof: LogProof;
    try {
      if (position !== undefined) {
        const head =
          options.size === undefined ? headCovering(heads, position) : headOfSize(heads, options.size);
        if (head.size < position)
          throw new CliError(EXIT.refused, `--size: Expected at least ${position}, was ${head.size}`);
        proof = await proveInclusion(log, position, head, publicKey);
      } else {
        const first = headOfSize(heads, options.from ?? 0);
        const second = options.to === undefined ? (heads.at(-1) ?? first) : headOfSize(heads, options.to);
        if (second.size < first.size)
          throw new CliError(EXIT.refused, `--to: Expected at least ${first.size}, was ${second.size}`);
        proof = await proveConsistency(log, first, second, publicKey);
      }
    } catch (error) {
      if (error instanceof RangeError) throw new CliError(EXIT.checkFailed, error.message);
      throw error;
    }
    // A proof that does not hold means that the log is no longer what was signed: it is told, not handed out.
    const problem = problemOf(proof, publicKey);
    if (problem !== undefined) throw new CliError(EXIT.checkFailed, problem);
    printRecord(proof, options.output === 'table' ? 'json' : options.output);
  });
};

const exportTo = async (options: ExportOptions): Promise<void> => {
  const { reading } = await import('../broker/reading.ts');
  const { auditInputs, exportLog } = await import('../broker/audit-files.ts');
  await reading(options, async (log, directory) => {
    const { heads, publicKey } = await auditInputs(options, directory);
    const { events, files } = await exportLog(log, heads, publicKey, options.to);
    printRecord({ events, heads: heads.length, files: files.join(' ') }, options.output);
  });
};

type CellsOptions = Readonly<{ cells?: string; data?: string; output: Output }>;

const betweenCells = async ({ cells, data, output }: CellsOptions): Promise<void> => {
  const { forgottenOf } = await import('@plinth/simulation');
  const { auditCellsIn, auditCellsOf } = await import('../broker/audit-cells.ts');
  const { dataDirectory } = await import('../broker/reading.ts');
  if (cells !== undefined && data !== undefined)
    throw new CliError(EXIT.usage, '--cells: Expected no --data beside it');
  const audited =
    cells === undefined
      ? auditCellsIn(dataDirectory(data === undefined ? {} : { data }))
      : auditCellsOf(cells);
  const { events, found, inFlight, invariants, kept, ...counts } = await audited;
  const forgotten = forgottenOf(kept);
  const figures = { ...counts, forgotten, events: Object.fromEntries(events), invariants: invariants.length };
  if (output === 'table') {
    printRecord({ ...figures, inFlight: inFlight.length }, output);
    if (found.length > 0) printRows(found, output);
  } else {
    printRecord({ ...figures, inFlight, found }, output);
  }
  const [first] = found;
  if (first !== undefined) throw new CliError(EXIT.checkFailed, `${first.invariant}: ${first.detail}`);
};
