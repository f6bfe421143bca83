/** Parameters of the append function, in order: one array per column, so that a batch is a handful of values. */
export const APPEND_PARAMETERS = [
  'p_epoch integer',
  // Number of events of each request of the batch; requests are numbered from 1.
  'r_events integer[]',
  // Events, in order: the request they belong to and their columns.
  'e_req integer[]',
  'e_stream text[]',
  'e_version integer[]',
  'e_id uuid[]',
  'e_type text[]',
  'e_schema integer[]',
  'e_data bytea[]',
  'e_occurred bigint[]',
  'e_correlation text[]',
  'e_causation text[]',
  'e_actor text[]',
  'e_traceparent text[]',
  // Streams that requests append to, with the version that each must have now.
  's_req integer[]',
  's_stream text[]',
  's_expected integer[]',
  // Command keys; the offset is the number of events in the batch up to the end of their request.
  'c_req integer[]',
  'c_offset integer[]',
  'c_tenant text[]',
  'c_key text[]',
  'c_hash bytea[]',
  'c_answer bytea[]',
  // Checkpoints to move.
  'k_req integer[]',
  'k_consumer text[]',
  'k_expected bigint[]',
  'k_position bigint[]',
] as const;

/** What the append function says about a request that it did not append. Requests without a row were appended. */
export const VERDICTS = {
  /** The row of request 0: `place` is the head's position before the batch. */
  base: 0,
  duplicateKey: 1,
  keyReused: 2,
  duplicateIds: 3,
  fenced: 4,
  someIdsKnown: 5,
  conflict: 6,
} as const;

const COLUMNS = `position, occurred_at, recorded_at, id, version, schema, stream, type, data,
    correlation_id, causation_id, actor, traceparent`;

/**
 * One call appends a batch. It takes the head row first, so that nothing it then looks at can change before it commits,
 * and it waits for nobody after that: commit order is position order, and a rollback leaves no gap. Requests of a batch
 * must not share streams, ids, keys or consumers; the process that coalesces them sees to it.
 */
export const appendFunction = (s: string): string => `
CREATE FUNCTION ${s}.append(${APPEND_PARAMETERS.join(', ')})
RETURNS TABLE (req integer, verdict integer, place bigint, stream text, answer bytea)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $body$
#variable_conflict use_column
DECLARE
  base bigint; now_epoch integer; stamp timestamptz;
  total integer := cardinality(e_req); accepted integer; one integer;
  bad integer[] := '{}'; mixed integer[] := '{}'; found record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'append needs read committed, was %', current_setting('transaction_isolation')
      USING ERRCODE = 'PLN03';
  END IF;
  UPDATE ${s}.log_head h
    SET position = h.position + total, recorded_at = greatest(h.recorded_at, clock_timestamp())
    WHERE h.log_id = 1
    RETURNING h.position - total, h.epoch, h.recorded_at INTO STRICT base, now_epoch, stamp;
  IF now_epoch <> p_epoch THEN
    RAISE EXCEPTION 'the log is in epoch %, this process works in epoch %', now_epoch, p_epoch
      USING ERRCODE = 'PLN01';
  END IF;
  RETURN QUERY SELECT 0, ${VERDICTS.base}, base, NULL::text, NULL::bytea;

  IF cardinality(c_req) > 0 THEN
    FOR found IN
      SELECT c.req, c.hash = known.body_hash AS same, known.last, known.answer
      FROM unnest(c_req, c_tenant, c_key, c_hash) AS c (req, tenant, key, hash)
      JOIN ${s}.commands known ON known.tenant = c.tenant AND known.key = c.key
    LOOP
      bad := bad || found.req;
      RETURN QUERY SELECT found.req,
        CASE WHEN found.same THEN ${VERDICTS.duplicateKey} ELSE ${VERDICTS.keyReused} END,
        found.last, NULL::text, CASE WHEN found.same THEN found.answer END;
    END LOOP;
  END IF;

  FOR found IN
    SELECT e.req, count(*) AS known, max(known.position) AS last
    FROM unnest(e_req, e_id) AS e (req, id) JOIN ${s}.events known ON known.id = e.id
    GROUP BY e.req
  LOOP
    CONTINUE WHEN found.req = ANY (bad);
    IF found.known < r_events[found.req] THEN
      mixed := mixed || found.req;
    ELSE
      bad := bad || found.req;
      RETURN QUERY SELECT found.req, ${VERDICTS.duplicateIds}, found.last, NULL::text, NULL::bytea;
    END IF;
  END LOOP;

  IF cardinality(k_req) > 0 THEN
    FOR found IN
      SELECT k.req, coalesce(known.position, 0) AS actual
      FROM unnest(k_req, k_consumer, k_expected) AS k (req, consumer, expected)
      LEFT JOIN ${s}.checkpoints known ON known.consumer = k.consumer
      WHERE coalesce(known.position, 0) <> k.expected
    LOOP
      CONTINUE WHEN found.req = ANY (bad);
      bad := bad || found.req;
      RETURN QUERY SELECT found.req, ${VERDICTS.fenced}, found.actual, NULL::text, NULL::bytea;
    END LOOP;
  END IF;

  FOREACH one IN ARRAY mixed LOOP
    CONTINUE WHEN one = ANY (bad);
    bad := bad || one;
    RETURN QUERY SELECT one, ${VERDICTS.someIdsKnown}, base, NULL::text, NULL::bytea;
  END LOOP;

  FOR found IN
    SELECT a.req, a.stream, coalesce(known.version, 0) AS actual
    FROM unnest(s_req, s_stream, s_expected) WITH ORDINALITY AS a (req, stream, expected, place)
    LEFT JOIN LATERAL (
      SELECT e.version FROM ${s}.events e WHERE e.stream = a.stream ORDER BY e.version DESC LIMIT 1
    ) known ON true
    WHERE coalesce(known.version, 0) <> a.expected
    ORDER BY a.place
  LOOP
    CONTINUE WHEN found.req = ANY (bad);
    bad := bad || found.req;
    RETURN QUERY SELECT found.req, ${VERDICTS.conflict}, found.actual::bigint, found.stream, NULL::bytea;
  END LOOP;

  IF cardinality(bad) = 0 THEN
    accepted := total;
    INSERT INTO ${s}.events (${COLUMNS})
      SELECT base + e.place, e.occurred, stamp, e.id, e.version, e.schema, e.stream, e.type, e.data,
        e.correlation, e.causation, e.actor, e.traceparent
      FROM unnest(e_occurred, e_id, e_version, e_schema, e_stream, e_type, e_data,
        e_correlation, e_causation, e_actor, e_traceparent) WITH ORDINALITY
        AS e (occurred, id, version, schema, stream, type, data, correlation, causation, actor, traceparent, place);
    IF cardinality(c_req) > 0 THEN
      INSERT INTO ${s}.commands (tenant, key, last, body_hash, answer)
        SELECT c.tenant, c.key, base + c.upto, c.hash, c.answer
        FROM unnest(c_tenant, c_key, c_offset, c_hash, c_answer) AS c (tenant, key, upto, hash, answer);
    END IF;
  ELSE
    INSERT INTO ${s}.events (${COLUMNS})
      SELECT base + row_number() OVER (ORDER BY e.place), e.occurred, stamp, e.id, e.version, e.schema, e.stream,
        e.type, e.data, e.correlation, e.causation, e.actor, e.traceparent
      FROM unnest(e_req, e_occurred, e_id, e_version, e_schema, e_stream, e_type, e_data,
        e_correlation, e_causation, e_actor, e_traceparent) WITH ORDINALITY
        AS e (req, occurred, id, version, schema, stream, type, data, correlation, causation, actor, traceparent, place)
      WHERE e.req <> ALL (bad);
    GET DIAGNOSTICS accepted = ROW_COUNT;
    UPDATE ${s}.log_head h SET position = base + accepted WHERE h.log_id = 1;
    INSERT INTO ${s}.commands (tenant, key, last, body_hash, answer)
      SELECT c.tenant, c.key, base + upto.events, c.hash, c.answer
      FROM (
        SELECT r.req, sum(CASE WHEN r.req = ANY (bad) THEN 0 ELSE r.events END) OVER (ORDER BY r.req) AS events
        FROM unnest(r_events) WITH ORDINALITY AS r (events, req)
      ) upto
      JOIN unnest(c_req, c_tenant, c_key, c_hash, c_answer) AS c (req, tenant, key, hash, answer) ON c.req = upto.req
      WHERE c.req <> ALL (bad);
  END IF;

  IF cardinality(k_req) > 0 THEN
    INSERT INTO ${s}.checkpoints AS known (consumer, position)
      SELECT k.consumer, k.place
      FROM unnest(k_req, k_consumer, k_position) AS k (req, consumer, place)
      WHERE k.req <> ALL (bad)
      ON CONFLICT (consumer) DO UPDATE SET position = excluded.position;
  END IF;
  IF accepted > 0 THEN PERFORM pg_notify('${s}_appended', ''); END IF;
END $body$;
REVOKE EXECUTE ON FUNCTION ${s}.append FROM PUBLIC;`;
