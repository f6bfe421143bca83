import type { AccountContent } from '@plinth/margin';
import { NUMERAIRE, indexOf, objectionTo, type MarkObjection, type PricedAction } from '@plinth/market';
import { textToFloat } from '@plinth/money';
import type { MarkFigures, MarksView, ReferenceView } from '@plinth/views';

type Sources = Readonly<{ marks: MarksView; reference: ReferenceView }>;

const contractOf = (line: string): string => line.slice(0, line.lastIndexOf('@'));

/** Instruments whose marks the figures of this content are made of, sorted; the numeraire needs none. */
export const dependenciesOf = ({ reference }: Sources, content: AccountContent): readonly string[] => {
  const ids = new Set<string>();
  const addAsset = (asset: string): void => {
    if (asset !== NUMERAIRE) ids.add(indexOf(asset));
  };
  for (const { instrument } of content.positions) {
    const id = contractOf(instrument);
    ids.add(id);
    addAsset(reference.instrument(id).quoteAsset);
  }
  for (const { asset } of content.balances) addAsset(asset);
  for (const { asset } of content.debts) addAsset(asset);
  return [...ids].sort();
};

/** Why a mark does not carry an action; one that was never published is as good as halted. */
const objection = (action: PricedAction, mark: MarkFigures | undefined): MarkObjection | undefined =>
  mark === undefined ? 'halted' : objectionTo(action, mark);

/** Those of the instruments whose marks do not carry the action. */
export const objectionable = (
  { marks }: Sources,
  instrumentIds: Iterable<string>,
  action: PricedAction,
): readonly string[] => [...instrumentIds].filter((id) => objection(action, marks.figures(id)) !== undefined);

/**
 * The worst objection to the action of all marks that the content depends on: halted, then guarded, then
 * degraded.
 */
export const worstObjection = (
  sources: Sources,
  content: AccountContent,
  action: PricedAction,
): MarkObjection | undefined => {
  const found = new Set(
    dependenciesOf(sources, content).map((id) => objection(action, sources.marks.figures(id))),
  );
  return (['halted', 'guarded', 'degraded'] as const).find((one) => found.has(one));
};

/**
 * How far equity can be above its figure when every price stands at the end of its confidence band that is
 * best for the account, USD: Σ |units| · confidence. Marks are made apart, so that the bands of a hedge add
 * up.
 */
export const bandOf = ({ marks, reference }: Sources, content: AccountContent): number => {
  let band = 0;
  for (const { instrument: line, quantity } of content.positions) {
    const id = contractOf(line);
    const { kind, contractSize, inverse, quoteAsset } = reference.instrument(id);
    const mark = marks.figures(id);
    const settled = marks.ofAsset(quoteAsset)?.price ?? 0;
    if (mark === undefined) continue;
    const size = Math.abs(quantity) * textToFloat(contractSize);
    const { price, confidence } = mark;
    // The mark of an option is in what it settles in, coins when inverse.
    const isInverted = inverse && kind !== 'option';
    band += size * settled * (isInverted ? inverseMove(price, confidence) : confidence);
  }
  for (const [asset, units] of netAssets(content))
    band += Math.abs(units) * (marks.ofAsset(asset)?.confidence ?? 0);
  return band;
};

/**
 * An inverse contract gains most, per unit, where 1/price moves most: at the low end, held above a millionth.
 */
const inverseMove = (price: number, confidence: number): number =>
  1 / Math.max(price * 1e-6, price - confidence) - 1 / price;

const netAssets = ({ balances, debts }: AccountContent): ReadonlyMap<string, number> => {
  const net = new Map<string, number>();
  for (const { asset, amount } of balances) net.set(asset, (net.get(asset) ?? 0) + amount);
  for (const { asset, amount } of debts) net.set(asset, (net.get(asset) ?? 0) - amount);
  return net;
};
