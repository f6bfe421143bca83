import { isRejection, reject, type Rejection } from '@plinth/eventing';
import { isId } from '@plinth/market';
import { InvalidNumber } from '@plinth/money';
import type { PortfolioView } from '@plinth/portfolio';

export const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', `${field}: ${message}`, { field, reason: 'invalid' });

/** Refuses an account id that is malformed or unknown, and every question before there are parameters. */
export const refuseAccount = (portfolio: PortfolioView, accountId: string): Rejection | undefined => {
  if (!isId('account', accountId))
    return invalid('accountId', 'Expected 1 to 32 lower-case letters and digits');
  if (!portfolio.hasAccount(accountId))
    return reject('NOT_FOUND', 'accountId: Expected an open account', {
      field: 'accountId',
      reason: 'missing',
    });
  return refuseUnready(portfolio);
};

export const refuseUnready = (portfolio: PortfolioView): Rejection | undefined =>
  portfolio.isReady
    ? undefined
    : reject('PARAMETERS_MISSING', 'Risk parameters are not set yet; set them first');

/** Runs what reads numbers; text that is none becomes an answer that names its field. */
export const reading = <T>(read: () => T): T | Rejection => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return error.rejection;
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
};

/** Thrown inside `reading` only. */
class Refused extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

/** Inside `reading`: ends it with this refusal. */
export const refuse = (rejection: Rejection): never => {
  throw new Refused(rejection);
};

export { isRejection };
