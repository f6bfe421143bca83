import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './house/workspace.ts';

/** `npm run lanes:generate`: compiles libs/kernel/lanes/assembly and writes the bytes as a module. */
export const GENERATED = 'libs/kernel/lanes/src/gen/kernels.ts';
const ENTRY = 'libs/kernel/lanes/assembly/index.ts';

/**
 * SIMD without its relaxed part, whose results differ between machines; no runtime, nothing imported. The
 * constants stand behind the working memory, which begins at 0; rows of a risk model come behind them.
 */
const FLAGS = [
  ...['--enable', 'simd', '--disable', 'relaxed-simd', '--runtime', 'stub', '-O3', '--noAssert'],
  ...['--memoryBase', '524288', '--initialMemory', '9', '--maximumMemory', '1024'],
  // Between functions that the optimiser inlines vectors may be exchanged.
  ...['--disableWarning', '112'],
];

/** The bytes that a source compiles to; an error with the compiler's complaints when it does not. */
export const compile = (entry = ENTRY): Buffer => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-lanes-'));
  const out = join(directory, 'kernels.wasm');
  try {
    const compiler = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
    const command = [compiler, entry, ...FLAGS, '-o', relative(ROOT, out)];
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${entry} does not compile:\n${stderr}`);
    return readFileSync(out);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

export const moduleOf = (bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,100}/g) ?? [];
  return [
    '// Compiled from ../../assembly by `npm run lanes:generate`; tools/lanes.spec.ts compares. Do not edit.',
    'export const KERNELS =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
};

if (import.meta.main) writeFileSync(join(ROOT, GENERATED), moduleOf(compile()));
