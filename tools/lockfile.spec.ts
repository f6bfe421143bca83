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
