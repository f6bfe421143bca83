import type { AuditCase } from './audit-case.ts';
import { CREDIT_CASES } from './credit-cases.ts';
import { DEPTH_CASES } from './depth-cases.ts';
import { GATE_CASES } from './gate-cases.ts';
import { LEDGER_CASES } from './ledger-cases.ts';
import { LOG_CASES } from './log-cases.ts';
import { MARGIN_CASES } from './margin-cases.ts';
import { ORDERS_CASES } from './orders-cases.ts';
import { SETTLEMENT_CASES } from './settlement-cases.ts';

/** Every invariant broken once, and put right. */
export const CASES: readonly AuditCase[] = [
  ...[...LOG_CASES, ...LEDGER_CASES, ...ORDERS_CASES],
  ...[...CREDIT_CASES, ...MARGIN_CASES, ...GATE_CASES, ...SETTLEMENT_CASES, ...DEPTH_CASES],
];
