import type { Decider } from '@plinth/eventing';
import { staleVersion, type SetParameters } from './parameters-history.ts';

export type SetRulebook = SetParameters & Readonly<{ rulebook: string }>;

/** Versions of a rulebook's parameters. Stream rulebook-{rulebook}; its state is the present version. */
export const rulebookHistory: Decider<number, SetRulebook, 'RulebookParametersSet', 'VERSION_STALE'> = {
  initialState: () => 0,
  decide: ({ rulebook, version, parametersJson }, present) =>
    staleVersion(version, present) ?? [
      { type: 'RulebookParametersSet', data: { rulebook, version, parametersJson } },
    ],
  evolve: (_present, event) => event.data.version,
};
