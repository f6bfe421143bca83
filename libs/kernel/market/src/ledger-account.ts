/**
 * Names of ledger accounts (finance: ledger). Balances are signed decimals: what a client owns is positive on
 * its
 * `client` accounts, what it owes is negative on its `debt` accounts.
 */
const CLIENT = 'client:';

export const clientAccount = (
  accountId: string,
  subAccountId: string,
  asset: string,
  location: string,
): string => `${CLIENT}${accountId}${subAccountId === '' ? '' : `/${subAccountId}`}:${asset}:${location}`;

/** Money set aside for a withdrawal or transfer that waits for its answer. */
export const holdAccount = (accountId: string, holdId: string, asset: string): string =>
  `hold:${accountId}:${asset}:${holdId}`;

export const debtAccount = (accountId: string, asset: string): string => `debt:${accountId}:${asset}`;
/** What a client supplied to a pool: a claim, positive. */
export const suppliedAccount = (accountId: string, asset: string): string => `supplied:${accountId}:${asset}`;
export const poolCash = (asset: string): string => `pool:${asset}:cash`;
/** Mirror of the borrowers' debts: Σ pool:{a}:loans = −Σ debt:*:{a}. */
export const poolLoans = (asset: string): string => `pool:${asset}:loans`;
/** Mirror of the suppliers' claims: Σ pool:{a}:claims = −Σ supplied:*:{a}. */
export const poolClaims = (asset: string): string => `pool:${asset}:claims`;
/**
 * Minus what the house kept of the pool's interest (reserve and rounding). cash + loans + claims + interest =
 * the house's own money in the pool + interest charged and not yet distributed.
 */
export const poolInterest = (asset: string): string => `pool:${asset}:interest`;
export const reserveAccount = (asset: string): string => `house:reserve:${asset}`;
export const venueSettlement = (venueId: string): string => `venue:${venueId}:settlement`;
/** Money between two accounts of which only one has been posted; zero whenever nothing is in flight. */
export const clearingAccount = (cell: string): string => `clearing:${cell}`;
export const HOUSE_FEES = 'house:fees';
export const HOUSE_INSURANCE = 'house:insurance';
/** What the house took over from liquidated accounts, and minus what it paid for it. */
export const HOUSE_INVENTORY = 'house:inventory';
export const BAD_DEBT = 'bad-debt';
export const ROUNDING = 'rounding';
export const EXTERNAL = 'external';

export type ClientBalanceKey = Readonly<{
  accountId: string;
  subAccountId: string;
  asset: string;
  location: string;
}>;

/** The parts of a `client:` account name; undefined for any other ledger account. */
export const parseClientAccount = (name: string): ClientBalanceKey | undefined => {
  if (!name.startsWith(CLIENT)) return undefined;
  const [owner = '', asset = '', ...location] = name.slice(CLIENT.length).split(':');
  const [accountId = '', subAccountId = ''] = owner.split('/');
  return { accountId, subAccountId, asset, location: location.join(':') };
};
