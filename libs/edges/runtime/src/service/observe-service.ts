import { observeFigures } from '../telemetry/figures.ts';
import {
  observeEffects,
  observeLag,
  observeLeader,
  observeSnapshot,
  observeStopped,
} from '../telemetry/instruments.ts';
import type { LogWatch } from '../telemetry/log-watch.ts';
import type { FreeRunner } from './free-runner.ts';

/** Lets everything be read that is measured of one service in this process; what comes back ends it. */
export const observeService = (runner: FreeRunner, watch: LogWatch): (() => void) => {
  const { host } = runner;
  const { name, definition, views, ports } = host;
  const service = { service: name };
  const stops = [
    observeLag(
      name,
      () => watch.head(),
      () => host.last,
    ),
    observeLeader(() => [[runner.isLeading ? 1 : 0, service]]),
    observeStopped(() => [[host.isFollowing ? 0 : 1, service]]),
    observeEffects(() => [[runner.effectsUnderway, service]]),
    observeSnapshot(() => [[Number(host.snapshotAge), service]]),
    observeFigures(definition.figures, views, () => ports.clock.now()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
