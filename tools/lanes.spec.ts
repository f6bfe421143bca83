import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { listFiles, readText, ROOT } from './house/workspace.ts';
import { compile, GENERATED, moduleOf } from './lanes.ts';

const ASSEMBLY = 'libs/kernel/lanes/assembly/';

type Engine = Readonly<{
  Module: Readonly<{ imports: (module: object) => unknown; exports: (module: object) => unknown }> &
    (new (bytes: Uint8Array) => object);
}>;

describe('The compiled kernels', () => {
  it('are what their sources compile to', () => {
    expect(moduleOf(compile())).toBe(readText(GENERATED));
  });

  it('import nothing and begin with nothing', () => {
    const text = readText(GENERATED);
    const base64 = [...text.matchAll(/'([^']*)'/g)].map(([, part]) => part).join('');
    const { Module } = (globalThis as unknown as Readonly<{ WebAssembly: Engine }>).WebAssembly;
    const module = new Module(Buffer.from(base64, 'base64'));
    expect(Module.imports(module)).toEqual([]);
    expect(Module.exports(module)).toContainEqual({ name: 'memory', kind: 'memory' });
  });

  it('have no maths but their own, and nothing that is fused or relaxed', () => {
    const sources = listFiles().filter((path) => path.startsWith(ASSEMBLY) && path.endsWith('.ts'));
    expect(sources.length).toBeGreaterThan(4);
    for (const path of sources) expect(readText(path)).not.toMatch(/\b(Native|JS)?Mathf?\.|relaxed_/);
  });
});

describe('A source that is wrong', () => {
  it('is refused with the complaint of the compiler', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-lanes-spec-'));
    try {
      const path = join(folder, 'wrong.ts');
      writeFileSync(path, 'export function f(x: f64): i32 { return x; }\n');
      expect(() => compile(relative(ROOT, path))).toThrow(/does not compile:[^]*f64.*i32/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
