import type { Planted } from './planted-log.ts';

/** A log in which one invariant does not hold, and the same log put right. */
export type AuditCase = Readonly<{
  what: string;
  invariant: string;
  faulty: readonly Planted[];
  sound: readonly Planted[];
}>;
