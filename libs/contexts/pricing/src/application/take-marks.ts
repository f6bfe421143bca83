import {
  checked,
  type CommandHandler,
  type Intent,
  InvalidField,
  operatorsOnly,
  requireId,
} from '@plinth/eventing';
import { settlementIdOf } from '@plinth/market';
import type { pricingMessages } from '@plinth/messages';
import { marks, type TakeMarks } from '../domain/marks.ts';
import { settlement } from '../domain/settlement.ts';
import { surface, surfaceKey } from '../domain/surface.ts';
import type { PricingConfig } from './pricing-config.ts';
import type { PricingViews } from './pricing-views.ts';

type Slices = pricingMessages.TakeMarksRequest['surfaces'][number]['slices'];

const requireSlices = (slices: Slices): void => {
  if (slices.length === 0) throw new InvalidField('surfaces.slices', 'one expiry at least');
  const isFinite = (value: unknown): boolean => typeof value !== 'number' || Number.isFinite(value);
  if (!slices.every((slice) => Object.values(slice).every(isFinite)))
    throw new InvalidField('surfaces.slices', 'numbers that are finite');
};

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
      if (config.marksFrom === '' || fromCell !== config.marksFrom)
        throw new InvalidField('from_cell', 'the home cell, of another cell that takes its marks');
      for (const { slices } of request.surfaces) requireSlices(slices);
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
