import { checked, type CommandHandler, type Intent, operatorsOnly, requireId } from '@plinth/eventing';
import { settlementIdOf } from '@plinth/market';
import type { pricingMessages } from '@plinth/messages';
import { assert } from '@plinth/money';
import { marks, type TakeMarks } from '../domain/marks.ts';
import { settlement } from '../domain/settlement.ts';
import { surface, surfaceKey } from '../domain/surface.ts';
import type { PricingConfig } from './pricing-config.ts';
import type { PricingViews } from './pricing-views.ts';

/**
 * Takes over what the home cell published, of what is listed here, in one append with how far that goes;
 * refused as `TAKEN_ALREADY` when it was done.
 */
export const takeMarks =
  (config: PricingConfig): CommandHandler<pricingMessages.TakeMarksRequest, PricingViews> =>
  (request, { reference }, context) =>
    checked(() => {
      const refusal = operatorsOnly(context);
      if (refusal !== undefined) return refusal;
      const { fromCell, throughPosition, atMs } = request;
      assert(fromCell === config.marksFrom, () => `Expected marks of ${config.marksFrom}, was ${fromCell}`);
      const isListed = (id: string): boolean =>
        reference.instruments.has(requireId('instrument', id, 'marks.instrument_id'));
      const round: Intent<TakeMarks> = {
        stream: `marks-${config.cell}`,
        decider: marks,
        command: {
          ...{ type: 'TakeMarks', fromCell, throughPosition, atMs },
          marks: request.marks.filter(({ instrumentId }) => isListed(instrumentId)),
        },
      };
      return [
        round,
        ...request.surfaces.map((taken): Intent => ({
          stream: `surface-${surfaceKey(taken.underlying, taken.priceAsset)}`,
          decider: surface,
          command: { type: 'TakeSurface', taken },
        })),
        ...request.settlements.map((fixed): Intent => ({
          stream: `settlement-${settlementIdOf(fixed.underlying, fixed.priceAsset, fixed.expiresAtMs)}`,
          decider: settlement,
          command: { type: 'Fix', fixed },
        })),
      ];
    });
