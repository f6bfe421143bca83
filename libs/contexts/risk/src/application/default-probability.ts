import { defaultProbability, houseTails, type DefaultProbability, type TailParameters } from '@plinth/margin';
import type { RiskViews } from './risk-views.ts';

/** The tails in force: those of the rule for calls where it is set. */
export const tailsOf = ({ portfolio }: RiskViews): TailParameters =>
  portfolio.parameters.current?.call.probability ?? houseTails;

/** Probability of default of an account as it stands, with fills that are not booked yet. */
export const probabilityOf = (views: RiskViews, accountId: string): DefaultProbability => {
  const { portfolio, covariance } = views;
  const { book, kernel } = portfolio;
  const account = book.accountIndex(accountId);
  return defaultProbability(kernel, book, account, covariance.correlation, tailsOf(views));
};
