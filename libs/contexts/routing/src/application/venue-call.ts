import { AssertionError } from '@plinth/money';
import type { RoutingConfig } from './config.ts';

type Outcome = Readonly<{ status: string }>;
type Unknown = Readonly<{ status: 'unknown'; message: string }>;

/** An answer that did not come: whatever the adapter threw, the outcome is not known. A bug still stops. */
const settled = async <T>(call: () => Promise<T>): Promise<T | Unknown> => {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    return { status: 'unknown', message: error instanceof Error ? error.message : String(error) };
  }
};

/**
 * One call to a venue, in the time that it has. One that was cut because the service stops says nothing of
 * the venue: it throws, nothing is recorded, and the next leader asks.
 */
export const callVenue = async <T extends Outcome>(
  { venueTimeoutMs }: RoutingConfig,
  signal: AbortSignal,
  call: (until: AbortSignal) => Promise<T>,
): Promise<T | Unknown> => {
  const until = AbortSignal.any([signal, AbortSignal.timeout(venueTimeoutMs)]);
  const outcome = await settled(() => call(until));
  if (outcome.status === 'unknown' || outcome.status === 'unavailable') signal.throwIfAborted();
  return outcome;
};
