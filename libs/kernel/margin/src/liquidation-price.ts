import type { Book } from './book.ts';
import * as at from './figures.ts';
import { MarginKernel } from './margin-kernel.ts';
import { RiskModel } from './risk-model.ts';
import { aside, movePrices } from './what-if.ts';

export type LiquidationPrice = Readonly<{
  underlying: string;
  /** Price of the underlying's first asset now, USD; 0 when it has none that is priced. */
  price: number;
  /** Nearest multiples of today's prices, below and above 1, where equity falls to the maintenance margin. */
  below: number | undefined;
  above: number | undefined;
}>;

const LOWEST = 1e-4;
const HIGHEST = 1e3;
const STEP = 1.05;
const TOLERANCE = 1e-9;

/**
 * Where an account would be liquidated if one underlying alone moved, all its lines together (finance §6.6).
 * Searched outward in steps of 5 % from today's price, then bisected to 1e-9 of the multiple. Both are 1 when
 * equity is below the maintenance margin now; `undefined` when no such price exists within 1/10,000 and 1,000
 * of today's.
 */
export const liquidationPrice = (
  kernel: MarginKernel,
  book: Book,
  account: number,
  underlying: string,
): LiquidationPrice => {
  const { model } = kernel;
  const { catalogue } = model;
  const u = catalogue.underlyings.indexOf(underlying);
  const asset = catalogue.assetUnderlyings.indexOf(u);
  const alone = aside(kernel, book, account, {});
  const slackAt = (multiple: number): number => {
    const market = model.market.copy();
    if (multiple !== 1) movePrices(model, market, { underlying, fraction: multiple - 1 });
    const moved = new MarginKernel(new RiskModel(model.parameters, catalogue, market));
    const figures = moved.value(alone.book, alone.account);
    return figures[at.EQUITY]! - figures[at.MAINTENANCE]!;
  };
  const price = asset < 0 ? 0 : (model.market.assets.mark[asset] ?? 0);
  if (slackAt(1) < 0) return { underlying, price, below: 1, above: 1 };
  return { underlying, price, below: firstCrossing(slackAt, 1 / STEP), above: firstCrossing(slackAt, STEP) };
};

/** Multiple nearest to 1 on one side where the slack turns negative. */
const firstCrossing = (slackAt: (multiple: number) => number, step: number): number | undefined => {
  let safe = 1;
  for (let next = step; next >= LOWEST && next <= HIGHEST; next *= step) {
    if (slackAt(next) < 0) return bisect(slackAt, safe, next);
    safe = next;
  }
  return undefined;
};

/** The last multiple between a safe and a broken one at which the slack is not negative, to 1e-9 of it. */
export const bisect = (slackAt: (multiple: number) => number, from: number, to: number): number => {
  let safe = from;
  let broken = to;
  while (Math.abs(broken - safe) > TOLERANCE * safe) {
    const middle = 0.5 * (safe + broken);
    if (middle === safe || middle === broken) break;
    if (slackAt(middle) < 0) broken = middle;
    else safe = middle;
  }
  return safe;
};
