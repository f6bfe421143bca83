import type { CellLink, Envelope } from '@plinth/eventing';
import { settlementIdOf } from '@plinth/market';
import type { EventData, Mark, pricingMessages } from '@plinth/messages';
import { surfaceKey } from '../domain/surface.ts';
import type { PricingViews } from './pricing-views.ts';

/**
 * A cell that has taken nothing yet begins so many events before the end of the home cell's log: what is live
 * comes again within the refresh of marks.
 */
export const MARKS_LOOK_BACK = 50_000n;

type Kept = {
  through: bigint;
  atMs: number;
  marks: Map<string, Mark>;
  surfaces: Map<string, EventData<'SurfacePublished'>>;
  settlements: Map<string, EventData<'SettlementPriceFixed'>>;
};

/** The newest of each is what counts; put last, so that the order is that of the home cell's log. */
const renew = <V>(map: Map<string, V>, key: string, value: V): void => {
  map.delete(key);
  map.set(key, value);
};

const keep = (kept: Kept, { position, type, data }: Envelope): void => {
  switch (type) {
    case 'MarksPublished':
      kept.atMs = data.atMs;
      for (const mark of data.marks) renew(kept.marks, mark.instrumentId, mark);
      break;
    case 'SurfacePublished':
      renew(kept.surfaces, surfaceKey(data.underlying, data.priceAsset), data);
      break;
    case 'SettlementPriceFixed':
      renew(kept.settlements, settlementIdOf(data.underlying, data.priceAsset, data.expiresAtMs), data);
      break;
    default:
      return;
  }
  kept.through = position;
};

/**
 * What pricing takes over from the home cell: its marks, surfaces and settlement prices. However many rounds
 * have come in the meantime, they are one command with the newest of each.
 */
export const marksLink: CellLink<PricingViews> = {
  name: 'marks',
  through: ({ broadcast }) => broadcast.through,
  commands: (events, fromCell) => {
    const kept: Kept = {
      ...{ through: 0n, atMs: 0, marks: new Map(), surfaces: new Map(), settlements: new Map() },
    };
    for (const event of events) keep(kept, event);
    const { through, atMs, marks, surfaces, settlements } = kept;
    if (through === 0n) return [];
    const request: pricingMessages.TakeMarksRequest = {
      ...{ fromCell, throughPosition: through, atMs },
      ...{ marks: [...marks.values()], surfaces: [...surfaces.values()] },
      settlements: [...settlements.values()],
    };
    return [{ name: 'TakeMarks', request, through }];
  },
};
