import { plainSnapshot, reject, type Decider, type Rejection } from '@plinth/eventing';

export type SetParameters = Readonly<{ version: number; parametersJson: string }>;

/** Versions follow one another without a gap; undefined when this one is the next. */
export const staleVersion = (version: number, present: number): Rejection<'VERSION_STALE'> | undefined =>
  version === present + 1
    ? undefined
    : reject('VERSION_STALE', `Expected version ${present + 1}, the next after the present, was ${version}`, {
        field: 'version',
        details: { present: `${present}` },
      });

/** Versions of the cell's parameters. Stream parameters-{cell}; its state is the present version. */
export const parametersHistory: Decider<number, SetParameters, 'RiskParametersSet', 'VERSION_STALE'> = {
  initialState: () => 0,
  decide: ({ version, parametersJson }, present) =>
    staleVersion(version, present) ?? [{ type: 'RiskParametersSet', data: { version, parametersJson } }],
  evolve: (_present, event) => event.data.version,
  snapshot: plainSnapshot(1),
};
