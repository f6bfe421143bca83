import { AssertionError } from '@plinth/money';
import pg from 'pg';
import { asOwner, DEFAULT_SCHEMA } from './postgres-log.ts';
import { migrate } from './migrate.ts';
import { SERVICE_ROLE } from './schema.ts';

/** What `prepareLog` did: how many migrations ran, and which login may work as a service. */
export type PreparedLog = Readonly<{ schema: string; migrations: number; login: string; madeLogin: boolean }>;

/**
 * Brings the tables up to date as their owner, and lets the login of `url` work as a service: it may read and
 * append, nothing else. A login that the server lacks is made, with the password of `url`; one that is there
 * keeps its own.
 */
export const prepareLog = (ownerUrl: string, url: string, schema = DEFAULT_SCHEMA): Promise<PreparedLog> =>
  asOwner(ownerUrl, async (client) => {
    const migrations = await migrate(client, schema);
    const { username, password } = new URL(url);
    const [login, secret] = [decodeURIComponent(username), decodeURIComponent(password)];
    if (login === '') throw new AssertionError('Expected the URL of the services to name their login');
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [login]);
    const name = pg.escapeIdentifier(login);
    if (rowCount === 0) {
      await client.query(
        `CREATE ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(secret)} IN ROLE ${SERVICE_ROLE}`,
      );
    } else {
      const { rows } = await client.query<{ isMember: boolean }>(
        'SELECT pg_has_role($1, $2, \'MEMBER\') AS "isMember"',
        [login, SERVICE_ROLE],
      );
      if (rows[0]?.isMember !== true) await client.query(`GRANT ${SERVICE_ROLE} TO ${name}`);
    }
    return { schema, migrations, login, madeLogin: rowCount === 0 };
  });
