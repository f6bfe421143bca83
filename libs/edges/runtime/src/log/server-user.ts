import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export type ServerUser = Readonly<{ name: string; uid: number; gid: number }>;

const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root. For root this finds or makes the user it runs as; for everybody else
 * there is none to change to.
 */
export const serverUser = async (): Promise<ServerUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const known = await lookUp('postgres');
  if (known !== undefined) return known;
  for (const [program, ...rest] of MAKERS) {
    await run(program, rest).catch(() => undefined);
    const made = await lookUp('postgres');
    if (made !== undefined) return made;
  }
  const nobody = await lookUp('nobody');
  if (nobody !== undefined) return nobody;
  throw new Error(
    'Expected a user postgres to run the database server as, was none: make one, or do not run as root',
  );
};

/** The tools of Debian and Red Hat, then those of Alpine. */
const MAKERS = [
  ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
  ['adduser', '-S', '-D', '-H', 'postgres'],
] as const;

const lookUp = async (name: string): Promise<ServerUser | undefined> => {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => (await run('id', [flag, name])).stdout),
    );
    return { name, uid: Number(uid), gid: Number(gid) };
  } catch {
    return undefined;
  }
};
