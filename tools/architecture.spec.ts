import { describe, expect, it } from '@jest/globals';
import type { Source } from './house/imports.ts';
import { importCircles, undeclaredImports, wrongImports, wrongProjects } from './house/imports.ts';
import { KERNEL_ORDER, placeOf } from './house/rooms.ts';
import type { Project } from './house/workspace.ts';
import { listProjects, listSources, readText, roomIndex } from './house/workspace.ts';

const projects = listProjects();
const rooms = roomIndex(projects);
const sources: readonly Source[] = listSources().map((path) => ({ path, text: readText(path) }));

describe('The house as it stands', () => {
  it('has every project in its place, with dependencies that go one way', () => {
    expect(wrongProjects(projects)).toEqual([]);
  });

  it('imports one way only', () => {
    expect(sources.flatMap((source) => wrongImports(source, rooms))).toEqual([]);
  });

  it('declares every room that it imports', () => {
    expect(sources.flatMap((source) => undeclaredImports(source, projects))).toEqual([]);
  });

  it('has no circle of imports', () => {
    expect(importCircles(sources)).toEqual([]);
  });

  it('is seen in full: every source outside the root stands in a room', () => {
    expect(sources.map(({ path }) => path).filter((path) => !placeOf(path))).toEqual([]);
    expect(sources.length).toBeGreaterThan(50);
  });

  it('orders the kernel without a circle', () => {
    for (const [room, before] of Object.entries(KERNEL_ORDER)) {
      for (const earlier of before) expect(KERNEL_ORDER[earlier]).not.toContain(room);
    }
  });
});

describe('A planted violation is found', () => {
  const problems = (path: string, text: string): readonly string[] => wrongImports({ path, text }, rooms);

  it.each([
    // A room imports what stands above or beside it.
    ['libs/kernel/money/src/a.ts', "import { x } from '@plinth/market';", 'money stands before market'],
    [
      'libs/kernel/margin/src/a.ts',
      "import type { X } from '@plinth/eventing';",
      'margin stands before eventing',
    ],
    [
      'libs/kernel/market/src/a.ts',
      "export * from '@plinth/runtime';",
      'kernel market must not import runtime',
    ],
    [
      'libs/contexts/risk/src/domain/a.ts',
      "import { x } from '@plinth/accounts';",
      'context risk must not import',
    ],
    [
      'libs/contexts/risk/src/service/a.ts',
      "import { x } from '@plinth/runtime';",
      'context risk must not import',
    ],
    [
      'libs/edges/connectors/src/a.ts',
      "import { x } from '@plinth/routing';",
      'must not import context routing',
    ],
    [
      'libs/edges/runtime/src/a.ts',
      "await import('@plinth/simulation');",
      'runtime runtime must not import sim',
    ],
    [
      'libs/edges/simulation/src/a.ts',
      "import { x } from '@plinth/app';",
      'sim simulation must not import app',
    ],
    ['libs/kernel/money/src/a.ts', "import { x } from '@plinth/money';", 'use a relative path'],
    ['apps/plinth/src/a.ts', "import { x } from '@plinth/nowhere';", 'is no room of the house'],
    // A floor imports the floor above.
    [
      'libs/contexts/risk/src/domain/a.ts',
      "import { x } from '../application/b.ts';",
      'domain/ must not import',
    ],
    [
      'libs/contexts/risk/src/application/a.ts',
      "import { x } from '../service/b.ts';",
      'must not import service/',
    ],
    // A relative path leaves the room, lacks its suffix, or leads to a test.
    ['libs/kernel/money/src/a.ts', "import { x } from '../../market/src/ids.ts';", 'leaves the room money'],
    ['libs/kernel/money/src/a.ts', "import { x } from './b';", 'needs its suffix'],
    ['libs/kernel/money/src/a.ts', "import { x } from './b.spec.ts';", 'is for tests'],
    ['libs/contexts/risk/src/domain/a.ts', "import { x } from '@plinth/eventing/testing';", 'is for tests'],
    // A package is imported away from its home.
    [
      'libs/kernel/eventing/src/a.ts',
      "import { readFileSync } from 'node:fs';",
      'must not be imported by kernel',
    ],
    [
      'libs/contexts/risk/src/domain/a.ts',
      "import { Injectable } from '@nestjs/common';",
      'imported by domain',
    ],
    ['libs/contexts/risk/src/application/a.ts', "import { of } from 'rxjs';", 'imported by application'],
    ['libs/contexts/risk/src/a.ts', "import { Module } from '@nestjs/common';", 'belongs to service/ floors'],
    [
      'libs/edges/simulation/src/a.ts',
      "import { Module } from '@nestjs/common';",
      'belongs to service/ floors',
    ],
    ['libs/edges/runtime/src/service/a.ts', "import pg from 'pg';", 'belongs to runtime/src/log/'],
    [
      'libs/edges/runtime/src/transport/a.ts',
      "import { Kafka } from 'kafkajs';",
      'runtime/src/transport/kafka-',
    ],
    ['libs/contexts/risk/src/service/a.ts', "import pg from 'pg';", 'belongs to runtime/src/log/'],
  ])('%s: %s', (path, text, expected) => {
    expect(problems(path, text)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['libs/kernel/margin/src/a.ts', "import { x } from '@plinth/money';"],
    ['apps/plinth/src/bench/a.ts', "import { x } from '@plinth/margin/testing';"],
    ['libs/kernel/money/src/a.ts', "import { Big } from 'big.js';"],
    ['libs/kernel/money/src/a.spec.ts', "import fc from 'fast-check';"],
    ['libs/contexts/risk/src/service/a.ts', "import { Module } from '@nestjs/common';"],
    ['libs/contexts/risk/src/service/a.ts', "import { x } from '../domain/b.ts';"],
    ['libs/edges/runtime/src/log/a.ts', "import pg from 'pg';"],
    ['libs/edges/runtime/src/transport/kafka-relay.ts', "import { Kafka } from 'kafkajs';"],
    ['libs/edges/simulation/src/a.ts', "import { x } from '@plinth/risk';"],
    ['apps/plinth/src/a.ts', "import { x } from '@plinth/simulation';"],
  ])('and what is right is let through: %s: %s', (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });

  it('names the line', () => {
    expect(problems('libs/kernel/money/src/a.ts', "\n\nimport 'node:fs';")[0]).toMatch(
      /^libs\/kernel\/money\/src\/a\.ts:3 /,
    );
  });

  it('in a package.json', () => {
    const planted: Project = {
      name: '@plinth/money',
      root: 'libs/kernel/money',
      dependencies: ['@plinth/risk'],
      tags: ['type:app'],
    };
    const others = projects.filter(({ name }) => name !== planted.name);
    expect(wrongProjects([...others, planted])).toEqual([
      'libs/kernel/money/package.json: expected tag type:kernel',
      'libs/kernel/money/package.json must not depend on @plinth/risk',
    ]);
    const strange: Project = {
      name: '@plinth/new',
      root: 'libs/kernel/new',
      dependencies: [],
      tags: ['type:kernel'],
    };
    expect(wrongProjects([strange])).toEqual([expect.stringContaining('no place in KERNEL_ORDER')]);
  });

  it('in an import that no package.json declares', () => {
    const source = { path: 'libs/kernel/money/src/a.ts', text: "import { x } from '@plinth/market';" };
    expect(undeclaredImports(source, projects)).toEqual([
      expect.stringContaining('@plinth/market is missing'),
    ]);
  });

  it('in a circle of files', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `libs/kernel/money/src/${name}.ts`) as [
      string,
      string,
      string,
    ];
    const circle = [
      { path: a, text: "import { b } from './b.ts';" },
      { path: b, text: "import { c } from './c.ts';" },
      { path: c, text: "export { a } from './a.ts';" },
    ];
    expect(importCircles(circle)).toEqual([`${a} → ${b} → ${c} → ${a}`]);
    expect(importCircles(circle.slice(0, 2))).toEqual([]);
    expect(
      importCircles([{ path: a, text: "import type { B } from './b.ts';" }, ...circle.slice(1)]),
    ).toEqual([]);
  });
});
