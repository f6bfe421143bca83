import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const tick = (place: Planted['place'] = {}): Planted =>
  planted('TimerFired', { service: 'x', dueAtMs: 1 }, place);

const sound = [tick(), tick()];

export const LOG_CASES: readonly AuditCase[] = [
  {
    what: 'a gap',
    invariant: 'positions are 1, 2, 3 … without a gap',
    faulty: [tick(), tick({ position: 3n })],
    sound,
  },
  {
    what: 'events out of order',
    invariant: 'positions are 1, 2, 3 … without a gap',
    faulty: [tick({ position: 2n }), tick({ position: 1n })],
    sound,
  },
  {
    what: 'a version left out',
    invariant: 'versions of every stream are 1, 2, 3 … without a gap',
    faulty: [tick(), tick({ version: 3 })],
    sound,
  },
  {
    what: 'an id that occurs twice',
    invariant: 'every event id occurs once',
    faulty: [tick({ id: 'same' }), tick({ id: 'same' })],
    sound,
  },
  {
    what: 'an event that nobody caused',
    invariant: 'every event says who caused it and in which conversation',
    faulty: [tick(), tick({ causationId: '' })],
    sound,
  },
];
