import type { CellClient, ServiceHost } from '@plinth/runtime';
import { openingSteps, parametersFor } from '@plinth/simulation';
import { CliError, EXIT } from '../cli/exit-codes.ts';
import type { LiveMarket } from './live-market.ts';

const WAIT_MS = 30_000;

/**
 * Lists a market's assets, instruments, venues, pools and parameters in a fresh log. In a log that has them
 * this changes nothing: the commands carry the ids under which they were answered then.
 */
export const openMarket = async (
  { feed }: LiveMarket,
  cell: CellClient,
  hosts: readonly ServiceHost[],
): Promise<void> => {
  let n = 0;
  for (const step of openingSteps(feed, [], parametersFor(feed))) {
    let last = 0n;
    for (const { name, request, tenant } of step) {
      n += 1;
      const sender = { tenant, actor: 'operator:opening', requestId: `opening.${n}` };
      const answer = await cell.command(name, request, sender);
      if (answer.status === 'accepted') last = answer.position > last ? answer.position : last;
      else if (answer.rejection.code !== 'REQUEST_ID_REUSED') {
        throw new CliError(EXIT.refused, `${name}: ${answer.rejection.message}`);
      }
    }
    await Promise.all(hosts.map((host) => host.waitFor(last, AbortSignal.timeout(WAIT_MS))));
  }
};
