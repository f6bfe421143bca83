import type { Scope } from '../auth/key-directory.ts';

/** How an id in a request is held against the caller. Operators may name any id. */
export type IdRule = Readonly<{
  /**
   * Field of the request as the code names it; a dot leads into a message, a list is checked element by
   * element.
   */
  path: string;
  /** The same as the proto names it: what an answer calls the field. */
  field: string;
  /**
   * `account`, `client`, `order`, `product-order`, `liquidation`: must be the caller's own; a foreign one is
   * answered like a missing one. `new-order`: a name that the caller gives, in the caller's own part of the
   * names.
   */
  kind: 'account' | 'client' | 'order' | 'product-order' | 'liquidation' | 'new-order';
  /**
   * What an empty one means for a client: itself (the field is filled in), everything of its own, or a wrong
   * request.
   */
  whenEmpty: 'self' | 'all-own' | 'invalid';
}>;

/**
 * What the gateway does with one method. Commands and queries go to the service that has a method of the same
 * name.
 */
export type MethodRule = Readonly<{
  kind: 'command' | 'query' | 'stream' | 'proof' | 'cells';
  scope: Scope;
  /** Tokens of the rate limits. */
  cost: number;
  ids: readonly IdRule[];
  /**
   * Where it goes when an operator names neither a cell nor an id that has one: to all cells, one after the
   * other (`merged`), to the home cell because all cells say the same, or to the cell that the home cell
   * chooses (`placed`). Absent: the cell must be named.
   */
  spread?: 'merged' | 'home' | 'placed';
}>;

const COST = { query: 1, list: 2, explain: 10, search: 50, command: 4, stream: 20, proof: 5 } as const;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const id = (kind: IdRule['kind'], path: string, whenEmpty: IdRule['whenEmpty'] = 'invalid'): IdRule => ({
  ...{ kind, path, whenEmpty },
  field: snake(path),
});

const ACCOUNT = id('account', 'accountId');
const CLIENT = id('client', 'clientId');
const ORDER = id('order', 'orderId');
const LIQUIDATION = id('liquidation', 'liquidationId');

const command = (scope: Scope, ...ids: readonly IdRule[]): MethodRule => ({
  kind: 'command',
  scope,
  cost: COST.command,
  ids,
});
const query = (cost: number, ...ids: readonly IdRule[]): MethodRule => ({
  kind: 'query',
  scope: 'read',
  cost,
  ids,
});
const merged = (rule: MethodRule): MethodRule => ({ ...rule, spread: 'merged' });
const same = (rule: MethodRule): MethodRule => ({ ...rule, spread: 'home' });
const operate: MethodRule = { kind: 'command', scope: 'operate', cost: 1, ids: [] };
const inspect: MethodRule = { kind: 'query', scope: 'operate', cost: 1, ids: [] };
const stream: MethodRule = {
  kind: 'stream',
  scope: 'read',
  cost: COST.stream,
  ids: [id('account', 'accountIds', 'all-own')],
};
const proof: MethodRule = { kind: 'proof', scope: 'read', cost: COST.proof, ids: [], spread: 'home' };

/**
 * Every method of the clients' edge. Methods of `Operations` are for operators, so that they name no id to
 * check.
 */
export const RULES: Readonly<Record<string, Readonly<Record<string, MethodRule>>>> = {
  Accounts: {
    OpenSubAccount: command('transfer', ACCOUNT),
    AddWithdrawalDestination: command('withdraw', CLIENT),
    RemoveWithdrawalDestination: command('withdraw', CLIENT),
    RequestWithdrawal: command('withdraw', ACCOUNT),
    CancelWithdrawal: command('withdraw', ACCOUNT),
    RequestTransfer: command('transfer', ACCOUNT, id('account', 'toAccountId')),
    RequestClientTransfer: command('withdraw', ACCOUNT),
    MoveCollateral: command('transfer', ACCOUNT),
    GetClient: query(COST.query, id('client', 'clientId', 'self')),
    ListAccounts: merged(query(COST.list, id('client', 'clientId', 'self'))),
    GetAccount: query(COST.list, ACCOUNT),
    ListPositions: merged(query(COST.list, ACCOUNT)),
    ListEntries: query(COST.list, ACCOUNT),
    ListTransfers: merged(query(COST.list, ACCOUNT)),
    ListAssets: same(query(COST.list)),
  },
  Trading: {
    PlaceOrder: command('trade', ACCOUNT, id('new-order', 'orderId')),
    PlaceProductOrder: command('trade', ACCOUNT, id('new-order', 'orderId')),
    CancelOrder: command('trade', ACCOUNT, ORDER),
    GetOrder: query(COST.query, ORDER),
    GetProductOrder: query(COST.query, id('product-order', 'orderId')),
    ListOrders: query(COST.list, ACCOUNT),
    GetOrderCosts: query(COST.query, ORDER),
    ListVenues: same(query(COST.list)),
    ListVenueDepth: same(query(COST.list)),
    ListInstruments: same(query(COST.list)),
    ListProducts: same(query(COST.list)),
    ListSettlements: same(query(COST.list)),
    ListMarks: same(query(COST.list)),
    ListSurfaces: same(query(COST.list)),
    GetSurface: same(query(COST.query)),
    GetMark: same(query(COST.query)),
    ExplainMark: same(query(COST.list)),
  },
  Margin: {
    GetMargin: query(COST.query, ACCOUNT),
    ExplainMargin: query(COST.explain, ACCOUNT),
    ExplainDifference: query(COST.search, ACCOUNT),
    ExplainProfit: query(COST.search, ACCOUNT),
    WhatIf: query(COST.explain, ACCOUNT),
    MarginUnder: query(COST.explain, ACCOUNT),
    GetRulebook: same(query(COST.list)),
    LiquidationPrice: query(COST.explain, ACCOUNT),
    GetExposure: query(COST.explain, ACCOUNT),
    GetGreeks: query(COST.explain, ACCOUNT),
    GetParameters: same(query(COST.list)),
    GetDefaultProbability: query(COST.explain, ACCOUNT),
    GetStressScenarios: same(query(COST.list)),
    GetStress: query(COST.search, ACCOUNT),
    GetReverseStress: query(COST.search, ACCOUNT),
    ListLiquidations: merged(query(COST.list, ACCOUNT)),
    GetLiquidation: query(COST.query, LIQUIDATION),
    ExplainLiquidation: query(COST.explain, LIQUIDATION),
  },
  Lending: {
    SupplyToPool: command('transfer', ACCOUNT),
    RedeemFromPool: command('transfer', ACCOUNT),
    RepayLoan: command('transfer', ACCOUNT),
    ListPools: query(COST.list),
    GetPool: query(COST.query),
    ProjectRate: query(COST.query),
    ListFunding: query(COST.list),
  },
  Operations: {
    ListAsset: operate,
    OpenClient: { ...operate, spread: 'placed' },
    SetKycState: operate,
    IssueApiKey: operate,
    RevokeApiKey: operate,
    OpenAccount: operate,
    CreditDeposit: operate,
    FundHouse: operate,
    ListCells: { kind: 'cells', scope: 'operate', cost: 1, ids: [], spread: 'home' },
    TrialBalance: inspect,
    ListInstrument: operate,
    ListProduct: operate,
    ListSources: same(inspect),
    SetRiskParameters: operate,
    SetRulebookParameters: operate,
    CloseGate: { ...operate, scope: 'guard' },
    OpenGate: operate,
    GetGate: inspect,
    ListBreaches: inspect,
    ListWatch: inspect,
    GetContagion: inspect,
    GetFund: inspect,
    RegisterVenue: operate,
    SetVenueState: operate,
    SetVenueFees: operate,
    OpenPool: operate,
    SetRateCurve: operate,
    SetFundingRate: operate,
  },
  Streams: { StreamMargin: stream, StreamFills: stream },
  // An event is held against the caller by the stream that it stands on, once it is read.
  Proofs: { GetTreeHead: proof, ProveInclusion: proof, ProveConsistency: proof },
};
