import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process still holds once its garbage is gone, bytes: the heap, and buffers outside it. */
export const heldBytes = (): number => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What has a finalizer goes in the second round.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export const heldMb = (): number => heldBytes() / 1_048_576;
