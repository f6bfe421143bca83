import type { AuditCase } from './audit-case.ts';
import { planted, type Planted } from './planted-log.ts';

const placed = planted('OrderPlaced', { orderId: 'o1', quantity: '2', liquidationId: '' });
const approved = planted('OrderApproved', { orderId: 'o1', riskReducing: true });
const routed = planted('OrderRouted', { orderId: 'o1', children: [] });
const filled = (fillId: string, quantity: string): Planted =>
  planted('ChildFilled', { orderId: 'o1', venueId: 'alpha', fillId, quantity });
const booked = (fillId: string): Planted =>
  planted('FillBooked', { orderId: 'o1', venueId: 'alpha', fillId, postings: [] });
const closed = planted('OrderClosed', { orderId: 'o1' });

const begun = [placed, approved, routed];
const sound = [...begun, filled('f1', '1.5'), booked('f1'), filled('f2', '0.5'), booked('f2'), closed];

const WITHIN = 'the fills of an order never exceed its quantity';
const APPROVED = 'no order is routed without an approval, unless it belongs to a liquidation';
const ONCE = 'every fill of a venue is reported once and booked once';
const CLOSED = 'an order is closed once and gets no fill afterwards';
const BOOKED = 'at the end every reported fill is booked';

export const ORDERS_CASES: readonly AuditCase[] = [
  {
    what: 'an order filled beyond its quantity',
    invariant: WITHIN,
    faulty: [...begun, filled('f1', '1.5'), booked('f1'), filled('f2', '0.6'), booked('f2')],
    sound,
  },
  { what: 'an order routed without approval', invariant: APPROVED, faulty: [placed, routed], sound },
  {
    what: 'an unknown order that is routed',
    invariant: APPROVED,
    faulty: [routed],
    sound: [planted('OrderPlaced', { orderId: 'o1', quantity: '2', liquidationId: 'a1.l1' }), routed],
  },
  {
    what: 'a fill reported twice',
    invariant: ONCE,
    faulty: [...begun, filled('f1', '1'), booked('f1'), filled('f1', '1'), booked('f1')],
    sound,
  },
  {
    what: 'a fill booked twice',
    invariant: ONCE,
    faulty: [...begun, filled('f1', '1'), booked('f1'), booked('f1')],
    sound,
  },
  { what: 'a fill booked without a report', invariant: ONCE, faulty: [...begun, booked('f9')], sound },
  { what: 'an order closed twice', invariant: CLOSED, faulty: [...sound, closed], sound },
  { what: 'an order placed twice', invariant: CLOSED, faulty: [placed, placed], sound },
  {
    what: 'a fill after the end',
    invariant: CLOSED,
    faulty: [...begun, closed, filled('f1', '1'), booked('f1')],
    sound: [...begun, filled('f1', '1'), closed, booked('f1')],
  },
  { what: 'a fill that is never booked', invariant: BOOKED, faulty: [...begun, filled('f1', '1')], sound },
];
