import {
  isRejection,
  type FoundPlace,
  type LogHistory,
  type LogPlace,
  type Rejection,
} from '@plinth/eventing';
import type { Flow, Standing } from '@plinth/margin';
import type { historyMessages } from '@plinth/messages';
import {
  flowsOf,
  heldFlows,
  interestFlows,
  lendingIndices,
  standingOf,
  type PortfolioView,
} from '@plinth/portfolio';
import { invalid, refuseAccount, refuseUnready } from '../queries/account-of.ts';
import type { RiskViews } from '../risk-views.ts';

type Request = Pick<historyMessages.ExplainDifferenceRequest, 'accountId' | 'from' | 'to'>;

/** An account at two places of the log. */
export type Span = Readonly<{
  accountId: string;
  from: FoundPlace;
  to: FoundPlace;
  was: PortfolioView;
  is: PortfolioView;
  earlier: Standing;
  later: Standing;
}>;

/** Folds the log up to both places; or says which of them, or the account, is not there. */
export const spanOf = async (
  { accountId, ...places }: Request,
  history: LogHistory<RiskViews>,
): Promise<Span | Rejection> => {
  const [fromPlace, toPlace] = [placeOf('from', places.from), placeOf('to', places.to)];
  if (isRejection(fromPlace)) return fromPlace;
  if (isRejection(toPlace)) return toPlace;
  if (fromPlace === undefined) return invalid('from', 'Expected a position or a time');
  const from = await history.find('from', fromPlace);
  if (isRejection(from)) return from;
  const to = await history.find('to', toPlace);
  if (isRejection(to)) return to;
  if (to.position < from.position)
    return invalid('to', `Expected a place at or behind position ${from.position}, was ${to.position}`);
  const { portfolio: was } = await history.at(from);
  if (!was.isReady)
    return invalid('from', `Expected a place behind the first risk parameters, was ${from.position}`);
  const { portfolio: is } = await history.at(to);
  const refusal = refuseAccount(is, accountId) ?? refuseUnready(is);
  if (refusal !== undefined) return refusal;
  const [earlier, later] = [standingOf(was, accountId), standingOf(is, accountId)];
  return { accountId, from, to, was, is, earlier, later };
};

const placeOf = (
  field: string,
  place: historyMessages.LogPlace | undefined,
): LogPlace | undefined | Rejection => {
  if (place === undefined) return undefined;
  const { position, atMs } = place;
  if ((position === 0n) === (atMs === 0)) return invalid(field, 'Expected one of a position and a time');
  return position === 0n ? { atMs } : { position };
};

/** What came to the account and left it between the two places, but for its trades. */
export const flowsBetween = async (
  { accountId, from, to, was, is, earlier }: Span,
  history: LogHistory<RiskViews>,
): Promise<readonly Flow[]> => {
  const flows: Flow[] = [...heldFlows(was, accountId, -1), ...heldFlows(is, accountId, 1)];
  for await (const event of history.between(from, to)) flows.push(...flowsOf(event, accountId));
  const { content } = earlier;
  flows.push(...interestFlows(content, lendingIndices(was, content), lendingIndices(is, content)));
  return flows;
};
