import { defineService, type Envelope, type Intent, type ServiceDefinition } from '@plinth/eventing';
import { isId } from '@plinth/market';
import { assert, decimalOf, formatDecimal, subtractDecimal } from '@plinth/money';
import { fundDecider, type FundCommand } from '../domain/fund.ts';
import { POLICIES } from '../domain/policies/index.ts';
import { advance, liquidationIntent } from './advance.ts';
import type { LiquidationConfig } from './config.ts';
import { explainLiquidation, getFund, getLiquidation, listLiquidations } from './queries.ts';
import { createViews, type LiquidationViews } from './views.ts';
import { liquidationFigures } from './liquidation-figures.ts';

/** Forced reduction of accounts, the insurance fund, and the story of both. It takes no commands. */
export const liquidationService = (config: LiquidationConfig): ServiceDefinition<LiquidationViews> => {
  assert(
    isId('account', config.cell),
    () => `Expected a cell id of lower-case letters and digits, was ${config.cell}`,
  );
  const known = [...POLICIES.keys()].join(', ');
  assert(POLICIES.has(config.policy), () => `Expected policy to be one of ${known}, was ${config.policy}`);
  return defineService<LiquidationViews>({
    name: 'liquidation',
    owns: ['liquidation', 'fund'],
    views: createViews,
    react: (event, views) => reactTo(event, views, config),
    commands: {},
    figures: liquidationFigures,
    queries: {
      GetLiquidation: getLiquidation,
      ListLiquidations: listLiquidations,
      ExplainLiquidation: explainLiquidation,
      GetFund: getFund,
    },
  });
};

const reactTo = (event: Envelope, views: LiquidationViews, config: LiquidationConfig): readonly Intent[] => {
  const onFund = (command: FundCommand): Intent<FundCommand> => ({
    stream: `fund-${config.cell}`,
    decider: fundDecider,
    command,
  });
  const goOn = (liquidationId: string, isReductionLater = false): readonly Intent[] => {
    const record = views.liquidations.get(liquidationId);
    return record === undefined ? [] : advance(views, record, config, event.occurredAt, isReductionLater);
  };
  const goOnWith = (accountId: string): readonly Intent[] => {
    const record = views.liquidations.runningOf(accountId);
    return record === undefined ? [] : advance(views, record, config, event.occurredAt);
  };
  switch (event.type) {
    case 'LiquidationRequested':
      return [start(event, views)];
    case 'LiquidationStarted':
    case 'BadDebtRecorded':
    case 'CollateralTakenOver':
    case 'PoolRedeemed':
      return goOn(event.data.liquidationId);
    case 'OrderClosed':
    case 'FillBooked':
      return goOnWith(event.data.accountId);
    case 'ReductionCompleted':
      // A further step waits for the next marks, so that the books can recover; an end is taken at once.
      return goOn(event.data.liquidationId, true);
    case 'MarksPublished':
      return [...views.liquidations.running()].flatMap((record) =>
        record.phase === 'planning' ? advance(views, record, config, event.occurredAt) : [],
      );
    case 'ShortfallDeclared': {
      const { liquidationId, accountId, asset, amount } = event.data;
      return [onFund({ kind: 'cover', liquidationId, accountId, asset, amount })];
    }
    case 'InsurancePosted':
      return [...returned(event, views).map(onFund), ...goOn(event.data.liquidationId)];
    case 'LiquidationFeeCharged': {
      const { liquidationId, asset, amount } = event.data;
      return [onFund({ kind: 'credit', creditId: `fee:${liquidationId}`, purpose: 'fee', asset, amount })];
    }
    case 'HouseFunded': {
      const { fundingId, purpose, asset, amount } = event.data;
      if (purpose !== 'insurance') return [];
      return [
        onFund({ kind: 'credit', creditId: `capital:${fundingId}`, purpose: 'capital', asset, amount }),
      ];
    }
    default:
      return [];
  }
};

const start = (event: Envelope<'LiquidationRequested'>, { portfolio }: LiquidationViews): Intent => {
  const { accountId, liquidationId, cause, figures } = event.data;
  const data = {
    ...{ liquidationId, accountId, cause },
    equity: figures?.equity ?? '',
    maintenanceMargin: figures?.maintenanceMargin ?? '',
    openOrders: portfolio.orders.of(accountId).map(({ placed }) => placed.orderId),
    marksRound: figures?.marksRound ?? 0,
  };
  return { ...liquidationIntent(liquidationId, { kind: 'start', data }), begins: true };
};

/** A debt that shrank between declaration and payment needed less: the fund gets the rest back. */
const returned = (
  { data }: Envelope<'InsurancePosted'>,
  { liquidations }: LiquidationViews,
): readonly FundCommand[] => {
  const covered = liquidations.get(data.liquidationId)?.shortfalls.get(data.asset)?.covered;
  if (covered === undefined) return [];
  const rest = subtractDecimal(decimalOf(covered.amount), decimalOf(data.amount));
  if (rest.lte(decimalOf('0'))) return [];
  const creditId = `returned:${data.liquidationId}:${data.asset}`;
  return [{ kind: 'credit', creditId, purpose: 'returned', asset: data.asset, amount: formatDecimal(rest) }];
};
