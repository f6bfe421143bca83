import { OutcomeUnknown, Retryable, type AppendResult } from '@plinth/eventing';
import { recordAppend } from '../telemetry/instruments.ts';
import { sqlStateOf } from './pg-errors.ts';

/** SQLSTATE of a server that has no room on its disk. */
const DISK_FULL = '53100';

/** What an append that failed is counted as. */
export const failureOf = (error: unknown): string => {
  if (error instanceof OutcomeUnknown) return 'unknown';
  if (error instanceof Error && sqlStateOf(error.cause) === DISK_FULL) return 'storage-full';
  return error instanceof Retryable ? 'retry' : 'failed';
};

/** Measures an append from the call to the answer. */
export const measured = async (append: Promise<AppendResult>): Promise<AppendResult> => {
  const startedMs = performance.now();
  try {
    const result = await append;
    recordAppend({ outcome: result.status }, performance.now() - startedMs);
    return result;
  } catch (error) {
    recordAppend({ outcome: failureOf(error) }, performance.now() - startedMs);
    throw error;
  }
};
