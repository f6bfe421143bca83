import {
  defineService,
  type Envelope,
  type Instant,
  type Intent,
  type ServiceDefinition,
} from '@plinth/eventing';
import { haltAfterMs } from '../domain/marks.ts';
import { explainMark } from './explain-mark.ts';
import { listInstrument } from './list-instrument.ts';
import { listProduct } from './list-product.ts';
import { PRICING, PRICING_DEFAULTS, type PricingConfig } from './pricing-config.ts';
import { getMark, listInstruments, listMarks, listSources } from './pricing-queries.ts';
import { listedOf, pricingViews, type PricingViews } from './pricing-views.ts';
import { listProducts } from './product-queries.ts';
import { haltStale, publishRound } from './publish-round.ts';
import { refitSurfaces } from './refit.ts';
import { getSurface, listSurfaces } from './surface-queries.ts';
import { takeMarks } from './take-marks.ts';
import { listSettlements, nextSettlement, settleExpired } from './settlements.ts';
import { pricingFigures } from './pricing-figures.ts';

/** The first moment at which a mark that is not halted has had no news for too long. */
const nextHalt = ({ reference, quotes }: PricingViews, config: PricingConfig): Instant | undefined => {
  let due: Instant | undefined;
  for (const { mark, atMs } of quotes.origins()) {
    const listed = mark.state === 'halted' ? undefined : listedOf(reference, mark.instrumentId);
    if (listed === undefined) continue;
    const at = atMs + haltAfterMs(listed, config.refreshMs) + 1;
    if (due === undefined || at < due) due = at;
  }
  return due;
};

const isHome = ({ marksFrom }: PricingConfig): boolean => marksFrom === '';

const nextDue = (views: PricingViews, config: PricingConfig): Instant | undefined => {
  const settlement = isHome(config) ? nextSettlement(views) : undefined;
  const due = [nextHalt(views, config), settlement].filter((at) => at !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
};

/** Surfaces and settlement prices come from where the marks come from; what is stale is found here, too. */
const react = (config: PricingConfig, event: Envelope, views: PricingViews): readonly Intent[] => {
  if (event.type === 'MarksPublished') return isHome(config) ? refitSurfaces(config, event, views) : [];
  if (event.type !== 'TimerFired' || event.data.service !== PRICING) return [];
  const halted = haltStale(config, event, views);
  return isHome(config) ? [halted, ...settleExpired(event.occurredAt, views)] : [halted];
};

/** Instruments and products, their marks, and the prices at which what expires is settled. */
export const pricingService = (config: PricingConfig = PRICING_DEFAULTS): ServiceDefinition<PricingViews> =>
  defineService<PricingViews>({
    name: PRICING,
    owns: ['instrument', 'marks', 'settlement', 'product', 'surface'],
    views: pricingViews,
    react: (event, views) => react(config, event, views),
    commands: {
      ListInstrument: listInstrument,
      ListProduct: listProduct,
      PublishRound: publishRound(config),
      TakeMarks: takeMarks(config),
    },
    figures: pricingFigures,
    queries: {
      ListInstruments: listInstruments,
      GetMark: getMark,
      ListMarks: listMarks,
      ExplainMark: explainMark,
      ListSources: listSources,
      GetSurface: getSurface(config),
      ListSurfaces: listSurfaces(config),
      ListProducts: listProducts,
      ListSettlements: listSettlements,
    },
    nextDue: (views) => nextDue(views, config),
  });
