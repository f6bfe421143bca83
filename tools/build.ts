import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { listFiles, ROOT } from './house/workspace.ts';

/**
 * `node tools/build.ts [apps/plinth …]`: bundles every app with a `src/main.ts` into dist/<app>/. The rooms
 * of the house are bundled, packages from npm are not. Skipped when the sources have the hash of the last
 * build.
 */
const STAMP = '.sources';

/** Everything but the house itself stays an import at run time. */
const packagesStayOutside: Plugin = {
  name: 'packages-stay-outside',
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@plinth/') ? undefined : { path, external: true },
    );
  },
};

/** `keepNames` stays off: it names every arrow function each time it is made, also those of a hot path. */
const bundle = async (app: string, outdir: string): Promise<readonly string[]> => {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(app, 'src/main.ts')],
    outdir,
    bundle: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node24',
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    plugins: [packagesStayOutside],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true, verbatimModuleSyntax: true } },
  });
  return Object.keys(result.metafile.outputs);
};

const isSourceOf = (app: string, path: string): boolean =>
  (path.startsWith('libs/') || path.startsWith(`${app}/`)) &&
  /\.(ts|json)$/.test(path) &&
  !/\.spec\.ts$/.test(path);

/** One hash over names and contents of all that can reach the bundle of an app. */
const hashOf = (app: string, files: readonly string[]): string => {
  const hash = createHash('sha256');
  const inputs = files.filter((path) => isSourceOf(app, path));
  for (const path of [...inputs, 'package-lock.json', 'tools/build.ts']) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  }
  return hash.digest('hex');
};

const removeStale = (outdir: string, outputs: readonly string[]): void => {
  const fresh = new Set([...outputs.map((path) => relative(outdir, path)), STAMP]);
  for (const name of readdirSync(join(ROOT, outdir))) {
    if (!fresh.has(name)) rmSync(join(ROOT, outdir, name), { recursive: true, force: true });
  }
};

const listApps = (): readonly string[] =>
  readdirSync(join(ROOT, 'apps'))
    .map((name) => `apps/${name}`)
    .filter((app) => existsSync(join(ROOT, app, 'src/main.ts')));

const buildApp = async (app: string, files: readonly string[]): Promise<void> => {
  const outdir = join('dist', relative('apps', app));
  const stamp = join(ROOT, outdir, STAMP);
  const hash = hashOf(app, files);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  mkdirSync(join(ROOT, outdir), { recursive: true });
  rmSync(stamp, { force: true });
  removeStale(outdir, await bundle(app, outdir));
  writeFileSync(stamp, hash);
};

const files = listFiles();
const asked = process.argv.slice(2);
try {
  for (const app of asked.length > 0 ? asked : listApps()) await buildApp(app, files);
} catch (error) {
  // What is wrong with the sources has been printed, file and line; anything else is a bug of this script.
  if (!(error instanceof Error && 'errors' in error)) throw error;
  process.exitCode = 1;
}
