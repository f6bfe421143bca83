import { defineService, type Envelope, type Intent, type ServiceDefinition } from '@plinth/eventing';
import { accrual, dueAccruals, nextAccrual } from './accruals.ts';
import { openPool, setFundingRate, setRateCurve } from './interest-commands.ts';
import { checkedConfig, INTEREST_DEFAULTS, type InterestConfig } from './interest-config.ts';
import { getPool, listFunding, listPools, projectRate } from './interest-queries.ts';
import { interestViews, type InterestViews } from './interest-views.ts';
import { interestFigures } from './interest-figures.ts';

export const INTEREST = 'interest';

const react = (config: InterestConfig, event: Envelope, views: InterestViews): readonly Intent[] => {
  switch (event.type) {
    case 'PoolOpened':
    case 'RateCurveSet':
      return [accrual(views, event.data.asset, event.occurredAt)];
    case 'TimerFired':
      return event.data.service === INTEREST ? dueAccruals(config, views, event.occurredAt) : [];
    default:
      return [];
  }
};

/** Lending pools, their rates and indices, and funding rates. Owns pool-{asset} and funding-{instrument}. */
export const interestService = (
  given: InterestConfig = INTEREST_DEFAULTS,
): ServiceDefinition<InterestViews> => {
  const config = checkedConfig(given);
  return defineService<InterestViews>({
    name: INTEREST,
    owns: ['pool', 'funding'],
    views: interestViews,
    react: (event, views) => react(config, event, views),
    commands: { OpenPool: openPool, SetRateCurve: setRateCurve, SetFundingRate: setFundingRate },
    figures: interestFigures,
    queries: { ListPools: listPools, GetPool: getPool, ProjectRate: projectRate, ListFunding: listFunding },
    nextDue: (views) => nextAccrual(config, views),
  });
};
