/**
 * What the append function says about a request that it did not append. Requests without a row were appended.
 */
export const VERDICTS = {
  /**
   * The row of request 0: `place` is the head's position before the batch, `stream` the microseconds that the
   * function took, the wait for the head row included.
   */
  base: 0,
  duplicateKey: 1,
  keyReused: 2,
  duplicateIds: 3,
  fenced: 4,
  someIdsKnown: 5,
  conflict: 6,
} as const;

/**
 * Which requests of a batch cannot be appended, and why; one row each, by the first reason in the order in
 * which every log judges: command key, event ids, checkpoint, versions. Called under the lock of the head
 * row.
 */
export const judgeFunction = (s: string): string => `
CREATE FUNCTION ${s}.judge(r_events integer[], e_req integer[], e_id uuid[],
  s_req integer[], s_stream text[], s_expected integer[],
  c_req integer[], c_tenant text[], c_key text[], c_hash bytea[],
  k_req integer[], k_consumer text[], k_expected bigint[])
RETURNS TABLE (req integer, verdict integer, place bigint, stream text, answer bytea)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $body$
WITH found (req, rank, verdict, place, stream, answer) AS (
  SELECT c.req, 1,
    CASE WHEN c.hash = known.body_hash THEN ${VERDICTS.duplicateKey} ELSE ${VERDICTS.keyReused} END,
    known.last, NULL, CASE WHEN c.hash = known.body_hash THEN known.answer END
  FROM unnest(c_req, c_tenant, c_key, c_hash) AS c (req, tenant, key, hash)
  JOIN ${s}.commands known ON known.tenant = c.tenant AND known.key = c.key
UNION ALL
  SELECT ids.req, CASE WHEN ids.known = r_events[ids.req] THEN 2 ELSE 4 END,
    CASE WHEN ids.known = r_events[ids.req] THEN ${VERDICTS.duplicateIds} ELSE ${VERDICTS.someIdsKnown} END,
    ids.last, NULL, NULL
  FROM (
    SELECT e.req, count(*) AS known, max(known.position) AS last
    FROM unnest(e_req, e_id) AS e (req, id) JOIN ${s}.events known ON known.id = e.id
    GROUP BY e.req
  ) ids
UNION ALL
  SELECT k.req, 3, ${VERDICTS.fenced}, coalesce(known.position, 0), NULL, NULL
  FROM unnest(k_req, k_consumer, k_expected) AS k (req, consumer, expected)
  LEFT JOIN ${s}.checkpoints known ON known.consumer = k.consumer
  WHERE coalesce(known.position, 0) <> k.expected
UNION ALL
  SELECT a.req, 4 + a.place, ${VERDICTS.conflict}, coalesce(known.version, 0), a.stream, NULL
  FROM unnest(s_req, s_stream, s_expected) WITH ORDINALITY AS a (req, stream, expected, place)
  LEFT JOIN LATERAL (
    SELECT e.version FROM ${s}.events e WHERE e.stream = a.stream ORDER BY e.version DESC LIMIT 1
  ) known ON true
  WHERE coalesce(known.version, 0) <> a.expected
)
SELECT DISTINCT ON (req) req, verdict, place, stream, answer FROM found ORDER BY req, rank
$body$;
REVOKE EXECUTE ON FUNCTION ${s}.judge FROM PUBLIC;`;
