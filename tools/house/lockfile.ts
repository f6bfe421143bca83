/**
 * npm leaves packages for other platforms out of package-lock.json when the registry at hand does not carry
 * them, and `npm ci` then refuses the lock everywhere. Their entries follow from what the lock says anyway:
 * name and exact version stand with the package that may use them.
 */
export type LockEntry = Readonly<{
  version?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  optional?: boolean;
  dev?: boolean;
  os?: readonly string[];
  cpu?: readonly string[];
  libc?: readonly string[];
  optionalDependencies?: Readonly<Record<string, string>>;
}>;

export type Lock = Readonly<{ packages: Readonly<Record<string, LockEntry>> }>;

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS: readonly (readonly [RegExp, string])[] = [
  [/^(arm|armv7|armv6)$/, 'arm'],
  [/^(arm64|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)$/, ''],
];

/** Optional packages that the lock names as a dependency and has no entry for; the values are the entries. */
export const missingEntries = (lock: Lock): Readonly<Record<string, LockEntry>> => {
  const missing: Record<string, LockEntry> = {};
  for (const [path, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      if (!isFound(lock, path, name)) missing[`node_modules/${name}`] = entryOf(name, version, dev === true);
    }
  }
  return missing;
};

/** The lock with those entries, in npm's order. */
export const completed = (lock: Lock): Lock => {
  const packages = Object.entries({ ...lock.packages, ...missingEntries(lock) });
  packages.sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(packages) };
};

/** Node looks beside the package that asks, then further and further up. */
const isFound = (lock: Lock, from: string, name: string): boolean => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
};

const entryOf = (name: string, version: string, isDev: boolean): LockEntry => {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`Expected an exact version of ${name}, was ${version}`);
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const system = words.find((word) => SYSTEMS.includes(word));
  if (system === undefined)
    throw new Error(`Expected a platform in the name of ${name}: add its entry by hand`);
  const cpu = words.flatMap((word) => {
    const processor = PROCESSORS.find(([pattern]) => pattern.test(word));
    return processor ? [processor[1] || word] : [];
  });
  const libc = words.includes('musl')
    ? ['musl']
    : words.includes('gnu') && system === 'linux'
      ? ['glibc']
      : [];
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(isDev ? { dev: true } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    os: [system],
  };
};
