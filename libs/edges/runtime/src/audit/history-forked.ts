/**
 * Two histories claim to be this log: what was signed, applied or published before is not what stands there
 * now. Nothing can be repaired by going on: whoever finds it stops.
 */
export class HistoryForked extends Error {
  override readonly name = 'HistoryForked';
  readonly code = 'HISTORY_FORKED';
}
