import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from './house/workspace.ts';

const PROTO = join(ROOT, 'proto');
const GENERATED = 'libs/kernel/messages/src/gen';
/** The wire as it was last released: proto/README.md says when it may change. */
const BASELINE = join(PROTO, 'baseline.binpb');
const EVENTS = 'plinth/accounts/v1/events.proto';

type Ended = Readonly<{ code: number | null; output: string }>;

const buf = (folder: string, ...args: readonly string[]): Ended => {
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const command = [join(ROOT, 'node_modules/@bufbuild/buf/bin/buf'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { code: status, output: stdout + stderr };
};

const passed: Ended = { code: 0, output: '' };

/** Text of every file below a folder, by its path. */
const contents = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );

const differences = (
  expected: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): readonly string[] =>
  [...new Set([...expected.keys(), ...actual.keys()])].filter(
    (path) => expected.get(path) !== actual.get(path),
  );

/** A copy of the proto files where a test may write, laid out as in the workspace. */
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'plinth-proto-'));
  cpSync(PROTO, join(copy, 'proto'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});

afterEach(() => {
  rmSync(copy, { recursive: true, force: true });
});

const edit = (change: (text: string) => string): void => {
  const path = join(copy, 'proto', EVENTS);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Expected ${EVENTS} to have something to change`);
  writeFileSync(path, after);
};

/** Gives the first field of the first message another number. */
const renumber = (text: string): string => text.replace(/ = 1;/, ' = 999;');
/** Names the first field of the first message as no field is named. */
const misname = (text: string): string => text.replace(/(\w+) = 1;/, 'NotSnakeCase = 1;');

const generated = (): ReadonlyMap<string, string> => {
  expect(buf(join(copy, 'proto'), 'generate')).toEqual(passed);
  return contents(join(copy, GENERATED));
};

describe('The messages', () => {
  it('have exactly the committed code', () => {
    expect(differences(contents(join(ROOT, GENERATED)), generated())).toEqual([]);
  });

  it('follow the rules of buf', () => {
    expect(buf(PROTO, 'lint')).toEqual(passed);
  });

  it('break nothing that was written with the baseline', () => {
    expect(buf(PROTO, 'breaking', '--against', BASELINE)).toEqual(passed);
  });
});

describe('A planted violation is found', () => {
  it('in the generated code', () => {
    edit(renumber);
    expect(differences(contents(join(ROOT, GENERATED)), generated())).toContain(
      EVENTS.replace('.proto', '.ts'),
    );
  });

  it('in a name', () => {
    edit(misname);
    expect(buf(join(copy, 'proto'), 'lint').output).toContain('should be lower_snake_case');
  });

  it('in the wire', () => {
    edit(renumber);
    const { code, output } = buf(join(copy, 'proto'), 'breaking', '--against', BASELINE);
    expect(code).not.toBe(0);
    expect(output).toMatch(/Previously present field "1"/);
  });
});
