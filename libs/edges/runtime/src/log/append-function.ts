import { VERDICTS } from './judge-function.ts';

/**
 * Parameters of the append function, in order: one array per column, so that a batch is a handful of values.
 */
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

const COLUMNS = `position, occurred_at, recorded_at, id, version, schema, stream, type, data,
    correlation_id, causation_id, actor, traceparent`;

/** Arrays become rows in step when `unnest` stands in the select list: no intermediate store, as in FROM. */
const unnested = (...arrays: readonly string[]): string =>
  arrays.map((array) => `unnest(${array})`).join(', ');

const HAPPY_EVENTS = `SELECT generate_series(base + 1, base + total), unnest(e_occurred), stamp,
  ${unnested('e_id', 'e_version', 'e_schema', 'e_stream', 'e_type', 'e_data')},
  ${unnested('e_correlation', 'e_causation', 'e_actor', 'e_traceparent')}`;

/** Compares, then inserts; `is_clean` says whether the whole batch is in. */
const happyPath = (s: string): string => `is_clean := NOT EXISTS (
    SELECT FROM unnest(s_stream, s_expected) AS a (stream, expected)
    LEFT JOIN LATERAL (
      SELECT e.version FROM ${s}.events e WHERE e.stream = a.stream ORDER BY e.version DESC LIMIT 1
    ) known ON true
    WHERE coalesce(known.version, 0) <> a.expected
  );
  IF is_clean AND cardinality(k_req) > 0 THEN
    is_clean := NOT EXISTS (
      SELECT FROM unnest(k_consumer, k_expected) AS k (consumer, expected)
      LEFT JOIN ${s}.checkpoints known ON known.consumer = k.consumer
      WHERE coalesce(known.position, 0) <> k.expected
    );
  END IF;
  IF is_clean THEN
    BEGIN
      INSERT INTO ${s}.events (${COLUMNS}) ${HAPPY_EVENTS};
      IF cardinality(c_req) > 0 THEN
        INSERT INTO ${s}.commands (tenant, key, last, body_hash, answer)
          SELECT unnest(c_tenant), unnest(c_key), base + unnest(c_offset), unnest(c_hash), unnest(c_answer);
      END IF;
    EXCEPTION WHEN unique_violation THEN is_clean := false;
    END;
  END IF;`;

/** Asks for the verdicts and inserts the rest of the batch. */
const judgedPath = (s: string): string => `FOR req, verdict, place, stream, answer IN
      SELECT * FROM ${s}.judge(r_events, e_req, e_id, s_req, s_stream, s_expected,
        c_req, c_tenant, c_key, c_hash, k_req, k_consumer, k_expected)
    LOOP
      bad := bad || req;
      RETURN NEXT;
    END LOOP;
    INSERT INTO ${s}.events (${COLUMNS})
      SELECT base + row_number() OVER (ORDER BY e.place), e.occurred, stamp, e.id, e.version, e.schema,
        e.stream, e.type, e.data, e.correlation, e.causation, e.actor, e.traceparent
      FROM unnest(e_req, e_occurred, e_id, e_version, e_schema, e_stream, e_type, e_data,
        e_correlation, e_causation, e_actor, e_traceparent) WITH ORDINALITY
        AS e (req, occurred, id, version, schema, stream, type, data,
          correlation, causation, actor, traceparent, place)
      WHERE e.req <> ALL (bad);
    GET DIAGNOSTICS accepted = ROW_COUNT;
    UPDATE ${s}.log_head h SET position = base + accepted WHERE h.log_id = 1;
    INSERT INTO ${s}.commands (tenant, key, last, body_hash, answer)
      SELECT c.tenant, c.key, base + upto.events, c.hash, c.answer
      FROM (
        SELECT r.req,
          sum(CASE WHEN r.req = ANY (bad) THEN 0 ELSE r.events END) OVER (ORDER BY r.req) AS events
        FROM unnest(r_events) WITH ORDINALITY AS r (events, req)
      ) upto
      JOIN unnest(c_req, c_tenant, c_key, c_hash, c_answer) AS c (req, tenant, key, hash, answer)
        ON c.req = upto.req
      WHERE c.req <> ALL (bad);`;

/**
 * One call appends a batch. It takes the head row first, so that nothing it then looks at can change before
 * it commits, and it waits for nobody after that: commit order is position order, and a rollback leaves no
 * gap. Requests of a batch must not share streams, ids, keys or consumers; the process that coalesces them
 * sees to it.
 *
 * It expects that all is well: versions and checkpoints are compared first, ids and keys are found known by
 * the unique indexes when the rows are inserted. Only when something is not as expected, `judge` looks at
 * each request by itself.
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
  total integer := cardinality(e_req); accepted integer; is_clean boolean;
  bad integer[]; started timestamptz := clock_timestamp();
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
  ${happyPath(s)}

  bad := '{}';
  accepted := total;
  IF NOT is_clean THEN
    ${judgedPath(s)}
  END IF;

  IF cardinality(k_req) > 0 THEN
    INSERT INTO ${s}.checkpoints AS known (consumer, position)
      SELECT k.consumer, k.place
      FROM unnest(k_req, k_consumer, k_position) AS k (req, consumer, place)
      WHERE k.req <> ALL (bad)
      ON CONFLICT (consumer) DO UPDATE SET position = excluded.position;
  END IF;
  IF accepted > 0 THEN PERFORM pg_notify('${s}_appended', ''); END IF;
  req := 0; verdict := ${VERDICTS.base}; place := base; answer := NULL;
  stream := (extract(epoch FROM clock_timestamp() - started) * 1000000)::bigint::text;
  RETURN NEXT;
END $body$;
REVOKE EXECUTE ON FUNCTION ${s}.append FROM PUBLIC;`;
