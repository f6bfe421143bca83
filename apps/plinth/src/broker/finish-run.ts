import {
  collectFigures,
  faultsOf,
  reportTables,
  writeHtml,
  type MarketFeed,
  type PlannedAccount,
  type RunFigures,
} from '@plinth/simulation';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { Output } from '../cli/output.ts';
import { printFigures } from '../cli/report-tables.ts';
import { openHeadSigner, verifyLog } from './audit-trail.ts';
import type { Played } from './play.ts';

export type FinishInputs = Readonly<{
  played: Played;
  feed: MarketFeed;
  accounts: readonly PlannedAccount[];
  seed: number;
  report: string;
  output: Output;
  directory: string;
}>;

/**
 * Signs the head of a finished run, proves the log to the offline verifier, writes the report. What is
 * wrong with it is told by name: only a sound run comes back.
 */
export const finishRun = async (inputs: FinishInputs): Promise<void> => {
  const { played, feed, accounts, seed } = inputs;
  const { log } = played.open;
  const { refusals, sent, refused } = played.run.driver;
  const figures = await collectFigures({
    name: { name: feed.name, sources: feed.sources, seed },
    log,
    accounts,
    proof: await proofOf(inputs),
    refusals: { sent, refused, examples: refusals },
  });
  await writeHtml(figures, inputs.report);
  print(figures, inputs);
  refuseUnsound(figures, inputs.report);
};

/** Fails with the first thing that is wrong with a run. */
export const refuseUnsound = (figures: RunFigures, report: string): void => {
  const [first, ...others] = faultsOf(figures);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw new CliError(EXIT.checkFailed, `the run is not sound: ${first}${more}; see ${report}`);
};

const proofOf = async ({ played, directory }: FinishInputs): Promise<RunFigures['proof']> => {
  const { open, rebuild, run } = played;
  const signer = await openHeadSigner(open.log, directory, run.clock);
  const head = await signer.advance();
  const { findings, events, proven, root } = await verifyLog(open.log, directory);
  const first = findings[0];
  const difference = rebuild.find(({ result }) => result !== 'equal');
  return {
    root,
    size: String(events),
    checks: [
      {
        what: 'the offline verifier finds every event where the signed heads say',
        ok: findings.length === 0 && proven === head?.size,
        detail: first === undefined ? `${events} events` : `position ${first.position}: ${first.problem}`,
      },
      {
        what: 'every view rebuilt from the log has the hash of the live one',
        ok: difference === undefined,
        detail:
          difference === undefined
            ? `${rebuild.length} views`
            : `${difference.service}.${difference.view} differs`,
      },
    ],
  };
};

const print = (figures: RunFigures, { played, report, output }: FinishInputs): void => {
  printFigures(figures, reportTables(figures), output);
  if (output !== 'table') return;
  const seconds = (played.elapsedMs / 1_000).toFixed(1);
  const { total } = figures.events;
  process.stdout.write(`\n${total} events in ${seconds} s${played.resumed ? ', taken up again' : ''}\n`);
  process.stdout.write(`Merkle root ${figures.proof.root}\nreport ${report}\n`);
};
