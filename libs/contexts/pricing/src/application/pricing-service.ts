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
import { PRICING_DEFAULTS, type PricingConfig } from './pricing-config.ts';
import { getMark, listInstruments, listMarks, listSources } from './pricing-queries.ts';
import { listedOf, pricingViews, type PricingViews } from './pricing-views.ts';
import { haltStale, publishRound } from './publish-round.ts';

export const PRICING = 'pricing';

/** The first moment at which a mark that is not halted has had no news for too long. */
const nextDue = ({ reference, quotes }: PricingViews, config: PricingConfig): Instant | undefined => {
  let due: Instant | undefined;
  for (const { mark, atMs } of quotes.origins()) {
    const listed = mark.state === 'halted' ? undefined : listedOf(reference, mark.instrumentId);
    if (listed === undefined) continue;
    const at = atMs + haltAfterMs(listed, config.refreshMs) + 1;
    if (due === undefined || at < due) due = at;
  }
  return due;
};

const react = (config: PricingConfig, event: Envelope, views: PricingViews): readonly Intent[] =>
  event.type === 'TimerFired' && event.data.service === PRICING ? [haltStale(config, event, views)] : [];

/** Instruments and their marks. Owns instrument-{instrument} and marks-{cell}. */
export const pricingService = (config: PricingConfig = PRICING_DEFAULTS): ServiceDefinition<PricingViews> =>
  defineService<PricingViews>({
    name: PRICING,
    owns: ['instrument', 'marks'],
    views: pricingViews,
    react: (event, views) => react(config, event, views),
    commands: { ListInstrument: listInstrument, PublishRound: publishRound(config) },
    queries: {
      ListInstruments: listInstruments,
      GetMark: getMark,
      ListMarks: listMarks,
      ExplainMark: explainMark,
      ListSources: listSources,
    },
    nextDue: (views) => nextDue(views, config),
  });
