import { blackGreeks } from '@plinth/options';
import { assetOfKey, locationOfKey, type Book } from './book.ts';
import { HOUSE } from './catalogue.ts';
import { profitOf } from './equity.ts';
import { optionTerms } from './instrument-arrays.ts';
import { yearsUntil } from './option-terms.ts';
import type { RiskModel } from './risk-model.ts';

/**
 * How the value of one line moves with one underlying, USD: `delta` for a price higher by 100 % at the
 * present slope, `gamma` the change of delta for a price higher by 1 %, `vega` for volatilities higher by
 * 0.01, `theta` for a day passing. A line that depends on two prices has two rows; its value is in the
 * first.
 */
export type GreekRow = Readonly<{
  label: string;
  underlying: string;
  value: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
}>;

const POINT = 0.01;
const DAYS_PER_YEAR = 365;

/** Greeks of every line of an account, positions first (finance §4, §6). The model must be fresh. */
export const greeksOf = (model: RiskModel, book: Book, account: number): readonly GreekRow[] => {
  const { positions, balances } = book;
  const rows: GreekRow[] = [];
  for (let n = 0; n < positions.count[account]!; n++) {
    const row = positions.start[account]! + n;
    rows.push(...positionRows(model, positions.key[row]!, positions.value[row]!, positions.extra[row]!));
  }
  const { assets, catalogue } = model;
  for (let n = 0; n < balances.count[account]!; n++) {
    const row = balances.start[account]! + n;
    const asset = assetOfKey(balances.key[row]!);
    const place = catalogue.locations.ids[locationOfKey(balances.key[row]!)]!;
    const symbol = catalogue.assets.ids[asset]!;
    const value = balances.value[row]! * assets.price[asset]!;
    const label = place === HOUSE ? `debt ${symbol}` : `${symbol} at ${place}`;
    const delta = assets.underlying[asset]! < 0 ? 0 : value;
    rows.push(linear(label, underlyingOf(model, asset), value, delta));
  }
  return rows;
};

/** What does not move with anything has no underlying: the numeraire, and assets that are not shocked. */
const underlyingOf = ({ assets, catalogue }: RiskModel, asset: number): string =>
  catalogue.underlyings.ids[assets.underlying[asset]!] ?? catalogue.assets.ids[asset]!;

const linear = (label: string, underlying: string, value: number, delta: number): GreekRow => ({
  ...{ label, underlying, value, delta },
  ...{ gamma: 0, vega: 0, theta: 0 },
});

const positionRows = (model: RiskModel, i: number, quantity: number, entry: number): readonly GreekRow[] => {
  const { catalogue, instruments, assets } = model;
  const instrument = catalogue.instrumentEntries[i]!;
  const label = instrument.spec.id;
  const own = catalogue.underlyings.ids[instrument.underlying]!;
  const settled = assets.price[instrument.settlement]!;
  const value = profitOf(model, i, quantity, entry) * settled;
  const paidIn = assets.underlying[instrument.settlement]!;
  const first = instrument.spec.kind === 'option' ? optionRow(model, i, quantity, value) : undefined;
  const exposed = first?.delta ?? quantity * instruments.notional[i]!;
  // Profit stands in the settlement asset; what is quoted in it too is owed in it.
  const isQuotedInIt = instrument.quote === instrument.settlement;
  const money = paidIn < 0 ? 0 : value - (isQuotedInIt ? exposed : 0);
  const isPaidInOwn = paidIn === instrument.underlying;
  const rows = [first ?? linear(label, own, value, isPaidInOwn ? exposed + value : exposed)];
  if (money !== 0 && !isPaidInOwn) rows.push(linear(label, catalogue.underlyings.ids[paidIn]!, 0, money));
  const leg = quantity * instruments.quoteLeg[i]! * assets.price[instrument.quote]!;
  if (!isQuotedInIt && leg !== 0) rows.push(linear(label, underlyingOf(model, instrument.quote), 0, -leg));
  return rows;
};

/**
 * Of an inverse option in dollars too: what is paid in coins is worth more dollars when the coin rises, so
 * that its value moves as that of the same option paid in dollars.
 */
const optionRow = (model: RiskModel, i: number, quantity: number, value: number): GreekRow | undefined => {
  const { catalogue, market, assets, instruments } = model;
  const entry = catalogue.instrumentEntries[i]!;
  const { spec } = entry;
  const terms = optionTerms(model, entry, i);
  if (spec.kind !== 'option' || instruments.mark[i] === 0 || terms.forward === 0) return undefined;
  const { forward, fixedForward, volatility } = terms;
  const years = yearsUntil(spec.expiryMs, market.atMs);
  const greeks = blackGreeks({
    isCall: spec.right === 'call',
    forward,
    strike: spec.strike,
    volatility,
    years,
  });
  const settled = assets.price[entry.settlement]!;
  const unit = quantity * spec.contractSize * (spec.form === 'inverse' ? settled / forward : settled);
  const moving = forward - fixedForward;
  return {
    label: spec.id,
    underlying: catalogue.underlyings.ids[entry.underlying]!,
    value,
    delta: unit * greeks.delta * moving,
    gamma: unit * greeks.gamma * moving * moving * POINT,
    vega: unit * greeks.vega * POINT,
    theta: (unit * greeks.theta) / DAYS_PER_YEAR,
  };
};
