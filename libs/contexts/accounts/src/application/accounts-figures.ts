import { countWords, type Figure } from '@plinth/eventing';
import { BAD_DEBT } from '@plinth/market';
import { unitsToFloat } from '@plinth/money';
import { KYC_STATES } from '../domain/client.ts';
import type { AccountsViews } from './views.ts';

/** What those who run a cell watch of its ledger. */
export const accountsFigures: readonly Figure<AccountsViews>[] = [
  {
    name: 'plinth_accounts_clients',
    about: 'clients by how well they are known',
    kind: 'gauge',
    labels: ['kyc'],
    read: ({ directory }) =>
      countWords(
        KYC_STATES,
        [...directory.clients.values()].map(({ kyc }) => kyc),
      ),
  },
  {
    name: 'plinth_accounts_open_accounts',
    about: 'accounts that have been opened',
    kind: 'gauge',
    labels: [],
    read: ({ directory }) => [[directory.accounts.size]],
  },
  {
    name: 'plinth_accounts_waiting_payouts',
    about: 'withdrawals and transfers that wait for an answer',
    kind: 'gauge',
    labels: ['kind'],
    read: ({ holds }) => countWords(['withdrawal', 'transfer'], holds.kinds()),
  },
  {
    name: 'plinth_accounts_bad_debt_usd',
    about: 'losses that nobody has paid, at the present marks, by asset; written off and borne by the house',
    kind: 'gauge',
    labels: ['asset'],
    read: function* ({ reference, ledger, marks }) {
      for (const { symbol, scale } of reference.assets.values()) {
        const lost = unitsToFloat(ledger.balance(BAD_DEBT, symbol), scale);
        yield [Math.abs(lost) * (marks.ofAsset(symbol)?.price ?? 0), symbol];
      }
    },
  },
];
