import { v5 } from 'uuid';

const NAMESPACE = '6d0a8b3c-52f1-5a3e-9d6e-0b3f6a1c9e47';

/**
 * Id of the n-th event that a service made in reaction to an event: the same at every replay and on every
 * replica.
 */
export const reactionEventId = (causeId: string, service: string, n: number): string =>
  v5(`${causeId}:${service}:${n}`, NAMESPACE);

/** Id of the n-th event of a command: a command sent again makes the same ids. */
export const commandEventId = (tenant: string, key: string, n: number): string =>
  v5(`command:${tenant}:${key}:${n}`, NAMESPACE);

export const timerEventId = (service: string, dueAtMs: number): string =>
  v5(`timer:${service}:${dueAtMs}`, NAMESPACE);
