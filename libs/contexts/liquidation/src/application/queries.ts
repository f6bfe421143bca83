import { reject, type Rejection } from '@plinth/eventing';
import { isId } from '@plinth/market';
import type { liquidationMessages } from '@plinth/messages';
import { InvalidNumber, floatToText, formatDecimal, integerOf } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';
import type { LiquidationViews } from './views.ts';
import type { LiquidationRecord } from './views/liquidations.ts';

const missing = (): Rejection =>
  reject('LIQUIDATION_UNKNOWN', 'Expected a known liquidation: check liquidation_id', {
    field: 'liquidation_id',
    reason: 'missing',
  });

const invalid = (field: string, message: string): Rejection =>
  reject('INVALID', message, { field, reason: 'invalid' });

const statusOf = (record: LiquidationRecord): string => {
  if (record.phase === 'planning') {
    if (record.pausedFor !== '') return 'paused';
    return record.step === 0 ? 'cancelling' : 'planning';
  }
  return record.phase;
};

const infoOf = (record: LiquidationRecord): liquidationMessages.LiquidationInfo => {
  const { started, completed, total } = record;
  return {
    liquidationId: started.liquidationId,
    accountId: started.accountId,
    status: statusOf(record),
    cause: started.cause,
    outcome: completed?.outcome ?? '',
    reason: completed?.reason ?? record.pausedFor,
    steps: record.step,
    equityStart: started.equity,
    maintenanceStart: started.maintenanceMargin,
    equityEnd: completed?.equityEnd ?? '',
    maintenanceEnd: completed?.maintenanceEnd ?? '',
    reducedNotional: completed?.reducedNotional ?? floatToText(total.notional),
    slippage: completed?.slippage ?? floatToText(total.slippage),
    fees: completed?.fees ?? floatToText(total.fees),
    liquidationFee: completed?.liquidationFee ?? '0',
    fundPaid: completed?.fundPaid ?? '0',
    badDebt: completed?.badDebt ?? '0',
    startedAtMs: record.startedAtMs,
    completedAtMs: record.completedAtMs,
  };
};

export const getLiquidation = (
  { liquidationId }: liquidationMessages.GetLiquidationRequest,
  { liquidations }: LiquidationViews,
): liquidationMessages.LiquidationInfo | Rejection => {
  const record = liquidations.get(liquidationId);
  return record === undefined ? missing() : infoOf(record);
};

const STATUSES = ['', 'all', 'running', 'completed'];

export const listLiquidations = (
  { accountId, status, pageSize, pageToken }: liquidationMessages.ListLiquidationsRequest,
  { liquidations, portfolio }: LiquidationViews,
): liquidationMessages.ListLiquidationsResponse | Rejection => {
  if (accountId !== '' && !isId('account', accountId))
    return invalid('account_id', 'Expected the id of an account');
  if (accountId !== '' && !portfolio.ledger.has(accountId)) {
    return reject('ACCOUNT_UNKNOWN', 'Expected a known account', { field: 'account_id', reason: 'missing' });
  }
  if (!STATUSES.includes(status)) return invalid('status', 'Expected status to be running, completed or all');
  if (pageSize > LIMITS.pageSizeMax)
    return invalid('page_size', `Expected page_size of at most ${LIMITS.pageSizeMax}`);
  let before = Infinity;
  try {
    if (pageToken !== '') before = integerOf(pageToken, 'page_token', 0);
  } catch (error) {
    if (error instanceof InvalidNumber) return invalid(error.field, error.message);
    throw error;
  }
  const size = pageSize === 0 ? LIMITS.pageSizeDefault : pageSize;
  const found = liquidations.newestFirst().filter((record) => {
    if (record.position >= before) return false;
    if (accountId !== '' && record.started.accountId !== accountId) return false;
    const isCompleted = record.phase === 'completed';
    return status === 'running' ? !isCompleted : status === 'completed' ? isCompleted : true;
  });
  const page = found.slice(0, size);
  const nextPageToken = found.length > size ? `${page.at(-1)?.position ?? ''}` : '';
  return { liquidations: page.map(infoOf), nextPageToken };
};

export const explainLiquidation = (
  { liquidationId }: liquidationMessages.ExplainLiquidationRequest,
  { liquidations }: LiquidationViews,
): liquidationMessages.ExplainLiquidationResponse | Rejection => {
  const record = liquidations.get(liquidationId);
  if (record === undefined) return missing();
  const stages = record.stages.map((stage) => ({ ...stage, legs: stage.legs.map((leg) => ({ ...leg })) }));
  return { liquidation: infoOf(record), stages };
};

export const getFund = (
  _request: liquidationMessages.GetFundRequest,
  { fund }: LiquidationViews,
): liquidationMessages.FundInfo => ({
  balances: [...fund.lines()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, line]) => ({
      asset,
      balance: line.balance,
      capitalIn: formatDecimal(line.capitalIn),
      feesIn: formatDecimal(line.feesIn),
      paidOut: formatDecimal(line.paidOut),
      uncovered: formatDecimal(line.uncovered),
    })),
  shortfalls: fund.shortfalls,
});
