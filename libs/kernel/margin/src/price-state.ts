import { assetOfKey, type Book } from './book.ts';
import type { RiskModel } from './risk-model.ts';
import type { PriceState } from './types.ts';

const SEVERITY = { live: 0, degraded: 1, halted: 2 } as const satisfies Record<PriceState, number>;

/** The worst state of any price that the account's figures use; a line never priced counts as halted. */
export const worstPriceState = (model: RiskModel, book: Book, account: number): PriceState => {
  const { instruments, market } = model;
  let worst: PriceState = 'live';
  const meet = (state: PriceState): void => {
    if (SEVERITY[state] > SEVERITY[worst]) worst = state;
  };
  const { positions, balances } = book;
  for (let n = 0; n < positions.count[account]!; n++) {
    const instrument = positions.key[positions.start[account]! + n]!;
    meet(market.instrumentState(instrument));
    meet(market.assetState(instruments.settlement[instrument]!));
  }
  for (let n = 0; n < balances.count[account]!; n++)
    meet(market.assetState(assetOfKey(balances.key[balances.start[account]! + n]!)));
  return worst;
};
