import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gauge, observedCounter } from './meter.ts';

const observeLoop = gauge({
  name: 'plinth_process_event_loop_delay_ms',
  about: 'how long the process was busy with one thing since the last reading, 99th percentile',
  labels: [],
});

const observeMemory = gauge({
  name: 'plinth_process_memory_bytes',
  about: 'memory of the process: resident, and of the heap in use',
  labels: ['kind'],
});

const observeCpu = observedCounter({
  name: 'plinth_process_cpu_seconds_total',
  about: 'time on a processor',
  labels: [],
});

const NS_PER_MS = 1e6;
const US_PER_S = 1e6;
const RESOLUTION_MS = 20;

/** Figures of this process itself; what comes back ends them. */
export const observeProcess = (): (() => void) => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const stops = [
    observeLoop(() => {
      const ms = delay.percentile(99) / NS_PER_MS - RESOLUTION_MS;
      delay.reset();
      return [[Math.max(0, ms), {}]];
    }),
    observeMemory(() => {
      const { rss, heapUsed } = process.memoryUsage();
      return [
        [rss, { kind: 'resident' }],
        [heapUsed, { kind: 'heap' }],
      ];
    }),
    observeCpu(() => {
      const { user, system } = process.cpuUsage();
      return [[(user + system) / US_PER_S, {}]];
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    delay.disable();
  };
};
