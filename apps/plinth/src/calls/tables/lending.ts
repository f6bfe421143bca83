import { ACCOUNT, AMOUNT, argument, ASSET, AT, text, type Call } from '../call.ts';

const POOL = argument('asset', 'asset', 'asset of the pool');
const AMOUNT_OR_ALL = { ...AMOUNT, about: 'amount in units of the asset, or all' };

export const LENDING_CALLS: readonly Call[] = [
  {
    name: 'pools list',
    about: 'the lending pools',
    method: 'Lending.ListPools',
    rows: 'pools',
    columns: [
      ...[
        'asset',
        'utilisation',
        'borrowRate',
        'supplyRate',
        'totalDebt',
        'totalSupplied',
        'cash',
        'reserve',
      ],
      ...['borrowers', 'suppliers'],
    ],
  },
  {
    name: 'pools show',
    about: 'rates, utilisation, indices and totals of a pool',
    method: 'Lending.GetPool',
    args: [POOL],
  },
  {
    name: 'pools project',
    about: 'rates of a pool after borrowing or supplying an amount',
    method: 'Lending.ProjectRate',
    args: [POOL],
    options: [
      text('--borrow <decimal>', 'borrow', 'borrowed on top; negative is repaid'),
      text('--supply <decimal>', 'supply', 'supplied on top; negative is redeemed'),
    ],
  },
  {
    name: 'pools supply',
    about: 'lend a free balance to the pool of its asset',
    method: 'Lending.SupplyToPool',
    args: [ACCOUNT],
    options: [ASSET, AMOUNT, AT],
  },
  {
    name: 'pools redeem',
    about: 'take back what was supplied, as far as the pool has cash',
    method: 'Lending.RedeemFromPool',
    args: [ACCOUNT],
    options: [ASSET, AMOUNT_OR_ALL, AT],
  },
  {
    name: 'pools repay',
    about: 'repay a debt from free balances and supplied claims',
    method: 'Lending.RepayLoan',
    args: [ACCOUNT],
    options: [ASSET, AMOUNT_OR_ALL, AT],
  },
  {
    name: 'pools funding',
    about: 'funding rates of perpetuals as recorded, newest first',
    method: 'Lending.ListFunding',
    options: [
      text('--instrument <id>', 'instrumentId', 'of one instrument only'),
      text('--venue <id>', 'venueId', 'of one venue only'),
    ],
    rows: 'funding',
  },
];
