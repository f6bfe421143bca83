import { reject, type Decider } from '@plinth/eventing';

export type SetParameters = Readonly<{ version: number; parametersJson: string }>;

/** Versions of the cell's parameters. Stream parameters-{cell}; its state is the present version. */
export const parametersHistory: Decider<number, SetParameters, 'RiskParametersSet', 'VERSION_STALE'> = {
  initialState: () => 0,
  decide: ({ version, parametersJson }, present) =>
    version === present + 1
      ? [{ type: 'RiskParametersSet', data: { version, parametersJson } }]
      : reject(
          'VERSION_STALE',
          `Expected version ${present + 1}, the next after the present, was ${version}`,
          {
            field: 'version',
            details: { present: `${present}` },
          },
        ),
  evolve: (_present, event) => event.data.version,
};
