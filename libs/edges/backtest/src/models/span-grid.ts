import { riskParameters, type RiskParameters } from '@plinth/margin';

/**
 * The grid as clearing houses have it: every underlying's own worst scenario, summed; nothing nets between
 * underlyings. Shocks and charges are those of the set, so what differs is the blend alone.
 */
export const spanGridParameters = (parameters: RiskParameters): RiskParameters =>
  riskParameters({
    ...parameters,
    version: 'span-grid',
    blend: { all: 0, group: 0, own: 1 },
  });
