/**
 * Metadata that callers inside the cell send with commands (the gateway has checked who stands behind them),
 * and `position`, which answers to queries carry: the log up to there is in the answer.
 */
export const INNER_METADATA = {
  requestId: 'plinth-request-id',
  tenant: 'plinth-tenant',
  actor: 'plinth-actor',
  traceparent: 'traceparent',
  position: 'plinth-position',
} as const;
