import type { EventLog, Fold } from '@plinth/eventing';
import type { SnapshotPart } from './snapshot-keeper.ts';
import { StreamStates } from './stream-states.ts';

/** No view has this name: it is no name of a property. */
const STREAMS = 'long streams';

/** Every fold by the name that its service gives it, and the deciders' states of long streams. */
export const snapshotPartsOf = (
  views: Readonly<Record<string, Fold>>,
  states: StreamStates,
): readonly SnapshotPart[] => {
  const folds = new Map(Object.entries(views).map(([name, fold]) => [fold, name] as const));
  return [
    ...[...folds].map(([fold, name]) => ({
      name,
      revision: fold.revision,
      dump: () => fold.dump(),
      load: (state: never) => fold.load(state),
    })),
    {
      name: STREAMS,
      revision: 1,
      dump: () => ({ streams: states.dump() }),
      load: (state: Readonly<{ streams: ReturnType<StreamStates['dump']> }>) => states.restore(state.streams),
      isCacheOfStreams: true,
    },
  ];
};

/** The parts of a service that no host runs. */
export const snapshotParts = (
  views: Readonly<Record<string, Fold>>,
  log: EventLog,
): readonly SnapshotPart[] => snapshotPartsOf(views, new StreamStates(log));
