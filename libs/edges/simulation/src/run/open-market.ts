import type { CellClient } from '@plinth/runtime';
import { openingSteps } from '../driver/opening.ts';
import { parametersFor } from '../driver/parameters.ts';
import type { MarketFeed } from '../market/market-feed.ts';

/** The broker would not have its market: says which command was refused and why. */
export class MarketRefused extends Error {
  override readonly name = 'MarketRefused';
}

/**
 * Lists a market's assets, instruments, venues, pools and parameters in a fresh log. In a log that has them
 * this changes nothing: the commands carry the ids under which they were answered then. `waitFor` resolves
 * when every service knows the log up to a position.
 */
export const openMarket = async (
  feed: MarketFeed,
  cell: Pick<CellClient, 'command'>,
  waitFor: (position: bigint) => Promise<unknown>,
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
        throw new MarketRefused(`${name}: ${answer.rejection.message}`);
      }
    }
    await waitFor(last);
  }
};
