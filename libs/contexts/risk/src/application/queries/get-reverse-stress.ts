import { reject, type Rejection } from '@plinth/eventing';
import { reverseStress, reverseStressHouse, type BreachTarget, type ReverseStress } from '@plinth/margin';
import type { stressMessages } from '@plinth/messages';
import { floatToText } from '@plinth/money';
import { equityText } from '@plinth/portfolio';
import { LIMITS } from '../../domain/limits.ts';
import { tailsOf } from '../default-probability.ts';
import type { RiskViews } from '../risk-views.ts';
import { invalid } from './account-of.ts';
import { factorShock } from './get-default-probability.ts';
import { refuseSubject } from './get-stress.ts';
import { fundOf } from './stress-scenarios.ts';

type Request = stressMessages.GetReverseStressRequest;
type Response = stressMessages.GetReverseStressResponse;

export const getReverseStress = (request: Request, views: RiskViews): Response | Rejection => {
  const { portfolio, covariance } = views;
  const refusal = refuseSubject(request, portfolio);
  if (refusal !== undefined) return refusal;
  const norm = request.norm === '' ? 'mahalanobis' : request.norm;
  if (norm !== 'mahalanobis' && norm !== 'sup') return invalid('norm', 'Expected mahalanobis or sup');
  const target = targetOf(request);
  if (target === undefined)
    return invalid('target', request.house ? 'Expected none for the house' : 'Expected maintenance or zero');
  const { book, kernel } = portfolio;
  const { correlation } = covariance;
  const tails = tailsOf(views);
  if (target !== 'fund') {
    const account = book.accountIndex(request.accountId);
    const found = reverseStress(kernel, book, account, correlation, target, norm, tails);
    return answerOf(request.accountId, target, norm, found, views);
  }
  if (book.size > LIMITS.reverseStressAccountsMax)
    return reject(
      'TOO_MANY',
      `house: Expected at most ${LIMITS.reverseStressAccountsMax} accounts, was ${book.size}`,
      { field: 'house', reason: 'precondition' },
    );
  const found = reverseStressHouse(kernel, book, correlation, fundOf(portfolio), norm, tails);
  return answerOf('', target, norm, found, views);
};

const targetOf = ({ house, target }: Request): BreachTarget | 'fund' | undefined => {
  if (house) return target === '' || target === 'fund' ? 'fund' : undefined;
  if (target === '') return 'maintenance';
  return target === 'maintenance' || target === 'zero' ? target : undefined;
};

const answerOf = (
  accountId: string,
  target: string,
  norm: string,
  { size, shock, slack, horizonHours, sampled, smallerFound }: ReverseStress,
  { portfolio }: RiskViews,
): Response => ({
  ...{ accountId, target, norm, sampled, smallerFound },
  size: size === undefined ? '' : floatToText(size),
  shock: shock.map(factorShock),
  slack: equityText(slack),
  horizonHours: floatToText(horizonHours),
  asOf: portfolio.position,
  marksRound: portfolio.marks.round,
});
