import { assert } from '@plinth/money';
import { appendFunction } from './append-function.ts';
import { judgeFunction } from './judge-function.ts';

/** Role that services work as: it may read, and append through the append function; nothing else. */
export const SERVICE_ROLE = 'plinth_service';

export type Migration = Readonly<{ number: number; name: string; sql: (schema: string) => string }>;

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,39}$/;

/**
 * A log lives in one schema of a database; its name stands in statements as it is, so it must be a plain
 * identifier.
 */
export const assertSchemaName = (schema: string): void =>
  assert(SCHEMA_NAME.test(schema), () => `Expected a schema name like plinth, was ${JSON.stringify(schema)}`);

const tables = (s: string): string => `
CREATE TABLE ${s}.log_head (
  log_id smallint PRIMARY KEY CHECK (log_id = 1),
  log_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  position bigint NOT NULL CHECK (position >= 0),
  epoch integer NOT NULL CHECK (epoch >= 1),
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
INSERT INTO ${s}.log_head (log_id, position, epoch, recorded_at) VALUES (1, 0, 1, clock_timestamp());

CREATE TABLE ${s}.events (
  position bigint PRIMARY KEY CHECK (position >= 1),
  occurred_at bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  id uuid NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  schema integer NOT NULL CHECK (schema >= 1),
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  data bytea NOT NULL,
  correlation_id text COLLATE "C" NOT NULL,
  causation_id text COLLATE "C" NOT NULL,
  actor text COLLATE "C" NOT NULL,
  traceparent text COLLATE "C",
  CONSTRAINT events_stream_version UNIQUE (stream, version),
  CONSTRAINT events_id UNIQUE (id)
);

CREATE TABLE ${s}.commands (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  last bigint NOT NULL,
  body_hash bytea NOT NULL CHECK (length(body_hash) = 32),
  answer bytea NOT NULL,
  CONSTRAINT commands_key PRIMARY KEY (tenant, key)
);

CREATE TABLE ${s}.checkpoints (
  consumer text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE ${s}.snapshots (
  fold text COLLATE "C" NOT NULL,
  revision integer NOT NULL,
  position bigint NOT NULL,
  state_hash text NOT NULL,
  part integer NOT NULL,
  parts integer NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (fold, revision, position, part)
);

CREATE TABLE ${s}.tree_heads (
  size bigint PRIMARY KEY CHECK (size >= 1),
  epoch integer NOT NULL,
  root bytea NOT NULL CHECK (length(root) = 32),
  time_ms bigint NOT NULL,
  log_id text NOT NULL,
  key_id text NOT NULL,
  signature bytea NOT NULL
);`;

/**
 * REVOKE alone stops no owner; the triggers refuse everybody, TRUNCATE included, who does not first switch
 * them off.
 */
const appendOnly = (s: string): string => `
CREATE FUNCTION ${s}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% on %.% refused: the log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'PLN02';
END $body$;
${['events', 'commands', 'tree_heads']
  .map(
    (table) => `
CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${s}.${table}
  FOR EACH ROW EXECUTE FUNCTION ${s}.refuse_change();
CREATE TRIGGER ${table}_no_truncate BEFORE TRUNCATE ON ${s}.${table}
  FOR EACH STATEMENT EXECUTE FUNCTION ${s}.refuse_change();`,
  )
  .join('')}
CREATE TRIGGER log_head_no_delete BEFORE DELETE ON ${s}.log_head
  FOR EACH ROW EXECUTE FUNCTION ${s}.refuse_change();
CREATE TRIGGER log_head_no_truncate BEFORE TRUNCATE ON ${s}.log_head
  FOR EACH STATEMENT EXECUTE FUNCTION ${s}.refuse_change();`;

const grants = (s: string): string => `
DO $body$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${SERVICE_ROLE}') THEN
    GRANT USAGE ON SCHEMA ${s} TO ${SERVICE_ROLE};
    GRANT SELECT ON ALL TABLES IN SCHEMA ${s} TO ${SERVICE_ROLE};
    GRANT INSERT, UPDATE, DELETE ON ${s}.snapshots TO ${SERVICE_ROLE};
    GRANT INSERT ON ${s}.tree_heads TO ${SERVICE_ROLE};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${s} TO ${SERVICE_ROLE};
  END IF;
END $body$;`;

/**
 * What each key of a client has signed with lately, for the gateways: kept for as long as a call may be late.
 */
const nonces = (s: string): string => `
CREATE TABLE ${s}.nonces (
  key_id text COLLATE "C" NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  timestamp_ms bigint NOT NULL,
  PRIMARY KEY (key_id, nonce)
);
CREATE INDEX nonces_timestamp ON ${s}.nonces (timestamp_ms);
DO $body$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${SERVICE_ROLE}') THEN
    GRANT SELECT, INSERT, DELETE ON ${s}.nonces TO ${SERVICE_ROLE};
  END IF;
END $body$;`;

/**
 * Numbered from 1 without a gap. What was shipped is never edited: the hash of each applied migration is kept
 * and compared. A change is a new migration.
 */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: 'tables', sql: tables },
  { number: 2, name: 'append-only', sql: appendOnly },
  { number: 3, name: 'append function', sql: (schema) => judgeFunction(schema) + appendFunction(schema) },
  { number: 4, name: 'grants', sql: grants },
  { number: 5, name: 'nonces', sql: nonces },
];
