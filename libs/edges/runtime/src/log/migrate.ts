import { Retryable } from '@plinth/eventing';
import { assert } from '@plinth/money';
import { createHash } from 'node:crypto';
import type { Client } from './connection.ts';
import { sqlStateOf } from './pg-errors.ts';
import { assertSchemaName, MIGRATIONS, SERVICE_ROLE } from './schema.ts';
import type { Migration } from './schema.ts';

type Applied = Readonly<{ number: number; name: string; hash: string }>;

/**
 * Brings a schema to the present form, in one transaction, one process at a time. Returns how many migrations
 * ran. `client` must have the rights to create the schema and, when it does not exist, the role of the
 * services; a login that may not create roles goes on without one, protected by the triggers alone. A schema
 * that is up to date asks for no rights but to read it.
 * @throws Retryable when something is to be done that the login has no right to: its owner must do it.
 */
export const migrate = async (client: Client, schema: string): Promise<number> => {
  assertSchemaName(schema);
  try {
    return (await isUpToDate(client, schema)) ? 0 : await migrateAsOwner(client, schema);
  } catch (error) {
    if (sqlStateOf(error) !== FORBIDDEN) throw error;
    throw new Retryable(
      `schema ${schema} is not up to date and this login may not change it: ` +
        'run `plinth log migrate` as its owner',
      { cause: error },
    );
  }
};

/** Throws when the schema belongs to another program. */
const isUpToDate = async (client: Client, schema: string): Promise<boolean> => {
  const { rows: found } = await client.query<{ found: boolean }>(
    `SELECT to_regclass($1) IS NOT NULL AND has_table_privilege(to_regclass($1), 'SELECT') AS found`,
    [`${schema}.migrations`],
  );
  return found[0]?.found === true && (await appliedOf(client, schema)) === MIGRATIONS.length;
};

/** How many of the migrations have been applied. */
const appliedOf = async (client: Client, schema: string): Promise<number> => {
  const { rows } = await client.query<Applied>(
    `SELECT number, name, hash FROM ${schema}.migrations ORDER BY number`,
  );
  rows.forEach((applied, i) => assertKnown(applied, MIGRATIONS[i], schema));
  return rows.length;
};

const migrateAsOwner = async (client: Client, schema: string): Promise<number> => {
  await ensureRole(client);
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('plinth migrate ' || $1, 0))`, [
      schema,
    ]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrations (number integer PRIMARY KEY, name text NOT NULL,
        hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const pending = MIGRATIONS.slice(await appliedOf(client, schema));
    for (const migration of pending) await apply(client, schema, migration);
    await client.query('COMMIT');
    return pending.length;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
};

const apply = async (client: Client, schema: string, migration: Migration): Promise<void> => {
  await client.query(migration.sql(schema));
  const { number, name } = migration;
  const values = [number, name, hashOf(migration)];
  await client.query(`INSERT INTO ${schema}.migrations (number, name, hash) VALUES ($1, $2, $3)`, values);
};

/** The hash is taken of the SQL under a fixed schema name, so that it is the same for every log. */
const hashOf = (migration: Migration): string =>
  createHash('sha256').update(migration.sql('plinth')).digest('hex');

const assertKnown = (applied: Applied, known: Migration | undefined, schema: string): void => {
  assert(
    known !== undefined,
    () =>
      `Expected at most migration ${MIGRATIONS.length} in schema ${schema}, was ${applied.number} ` +
      `(${applied.name}): the database belongs to a newer program`,
  );
  assert(
    known.number === applied.number && hashOf(known) === applied.hash,
    () =>
      `Expected migration ${known.number} (${known.name}) in schema ${schema} as this program has it, ` +
      'was another one: use the program that made it, or another data directory or schema',
  );
};

const DUPLICATE = new Set(['42710', '23505']);
const FORBIDDEN = '42501';

/** Roles belong to the whole server, so another process may create it at the same moment. */
const ensureRole = async (client: Client): Promise<void> => {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [SERVICE_ROLE]);
  if (rowCount !== 0) return;
  try {
    await client.query(`CREATE ROLE ${SERVICE_ROLE} NOLOGIN`);
    await client.query(`GRANT ${SERVICE_ROLE} TO CURRENT_USER`);
  } catch (error) {
    const state = sqlStateOf(error) ?? '';
    if (!DUPLICATE.has(state) && state !== FORBIDDEN) throw error;
  }
};
