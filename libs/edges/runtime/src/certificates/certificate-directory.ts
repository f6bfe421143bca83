import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { assert } from '@plinth/money';
import { CALLERS } from '../rpc/callers.ts';
import { issueCertificate, makeAuthority, type Pair } from './authority.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** A certificate is made anew when less than this share of its life is left. */
const RENEW_AT = 1 / 3;

/** Every process of a cell that shows a certificate to the others. */
export const IDENTITIES = [
  ...new Set([
    ...['accounts', 'pricing', 'interest', 'risk', 'liquidation', 'routing', 'relay'],
    ...Object.keys(CALLERS),
  ]),
] as const;

/** The certificate that a gateway shows to clients: it names addresses and no service. */
export const EDGE = 'edge';

/** Whether a directory of that name is a process's: a certificate in it opens doors. */
export const isOurs = (name: string): boolean => name === EDGE || IDENTITIES.includes(name);

export type DirectoryTerms = Readonly<{
  directory: string;
  /** Names beside the services' own, under which they are reached. */
  hosts: readonly string[];
  /** Databases and brokers, by the names that they are reached by: each gets a certificate of that name. */
  engines?: readonly string[];
  days: number;
  nowMs: number;
  /** Every certificate is made anew, whatever is left of it. */
  isForced?: boolean;
}>;

export type KeptCertificate = Readonly<{ name: string; directory: string; until: string; outcome: string }>;

/**
 * An authority in a directory, and under it a directory per process with `tls.key`, `tls.crt` and `ca.crt`.
 * What is there and has long to live stays; the rest is made. Processes that run take it up by themselves.
 */
export const keepCertificates = async (terms: DirectoryTerms): Promise<readonly KeptCertificate[]> => {
  const { directory, hosts, nowMs, engines = [] } = terms;
  assert(!engines.some(isOurs), 'Expected engines of other names than the processes');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const authority = await openAuthority(directory, nowMs);
  const kept: KeptCertificate[] = [];
  for (const name of [...IDENTITIES, EDGE]) {
    const isEdge = name === EDGE;
    const own = isEdge ? ['gateway', 'gateway.plinth.svc'] : [name, `${name}.plinth.svc`];
    const reached = [...own, 'localhost', '127.0.0.1', ...hosts];
    kept.push(await keepOne(authority, name, isEdge ? undefined : name, reached, terms));
  }
  for (const name of engines)
    kept.push(await keepOne(authority, name, undefined, [name, 'localhost', '127.0.0.1'], terms));
  return kept;
};

const openAuthority = async (directory: string, nowMs: number): Promise<Pair> => {
  const [certFile, keyFile] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  if (!existsSync(certFile) && !existsSync(keyFile)) {
    const made = await makeAuthority('Plinth cell authority', nowMs, AUTHORITY_DAYS);
    writePair(keyFile, certFile, made);
    return made;
  }
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
};

const keepOne = async (
  authority: Pair,
  name: string,
  identity: string | undefined,
  hosts: readonly string[],
  { directory, days, nowMs, isForced = false }: DirectoryTerms,
): Promise<KeptCertificate> => {
  const place = join(directory, name);
  mkdirSync(place, { recursive: true, mode: 0o755 });
  const [certFile, keyFile] = [join(place, 'tls.crt'), join(place, 'tls.key')];
  const isThere = existsSync(certFile);
  const isKept = isThere && !isForced && isGood(certFile, authority, hosts, nowMs);
  if (!isKept) {
    const notAfterMs = nowMs + days * DAY_MS;
    const terms = { hosts, notAfterMs, ...(identity === undefined ? {} : { identity }) };
    writePair(keyFile, certFile, await issueCertificate(authority, terms, nowMs));
  }
  replace(join(place, 'ca.crt'), authority.cert, 0o644);
  const until = new X509Certificate(readFileSync(certFile)).validToDate.toISOString();
  return { name, directory: place, until, outcome: isKept ? 'kept' : isThere ? 'renewed' : 'made' };
};

const isGood = (certFile: string, authority: Pair, hosts: readonly string[], nowMs: number): boolean => {
  const cert = new X509Certificate(readFileSync(certFile));
  const [from, to] = [cert.validFromDate.getTime(), cert.validToDate.getTime()];
  const isSigned = cert.verify(new X509Certificate(authority.cert).publicKey);
  const isReached = hosts.every(
    (host) => (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined,
  );
  return isSigned && isReached && to - nowMs > (to - from) * RENEW_AT;
};

/** A reader in between finds a pair that does not fit together, and takes the next look's. */
const writePair = (keyFile: string, certFile: string, { cert, key }: Pair): void => {
  replace(keyFile, key, 0o600);
  replace(certFile, cert, 0o644);
};

const replace = (file: string, text: string, mode: number): void => {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text, { mode, flag: 'w' });
  renameSync(`${file}.new`, file);
};
