import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ComposeStack, ROOT, whyNoCompose } from '../testing/compose-stack.ts';

type Service = Readonly<{ environment?: Readonly<Record<string, unknown>>; volumes?: readonly string[] }>;
type Stack = Readonly<{ services: Readonly<Record<string, Service>> }>;

/** Files beside docker-compose.yml, as they are put together. */
const TOGETHER: readonly (readonly string[])[] = [
  ['three-brokers', 'telemetry', 'tls', 'tls.three-brokers', 'tls.telemetry'],
  ['second-cell', 'tls', 'tls.second-cell'],
  ['second-cell', 'telemetry'],
];

/** Names of the settings that some program of ours reads. */
const settings = (): ReadonlySet<string> => {
  const names = ['libs/edges', 'apps'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/spec|testing|node_modules/.test(path))
      .flatMap(
        (path) => readFileSync(join(ROOT, room, path), 'utf8').match(/\b(PLINTH|OTEL)_[A-Z_]+\b/g) ?? [],
      ),
  );
  return new Set(names);
};

const why = await whyNoCompose();

(why === undefined ? describe : describe.skip)(
  `the files of compose${why === undefined ? '' : ` (${why})`}`,
  () => {
    const named = TOGETHER.map((names) => [names.join(', '), names] as const);

    it.each(named)('%s make one stack, of settings and files that there are', async (_, names) => {
      const files = names.map((name) => `deploy/compose.${name}.yml`);
      const { services } = parse(await new ComposeStack(files).compose('config')) as Stack;
      const known = settings();
      for (const [name, { environment = {}, volumes = [] }] of Object.entries(services)) {
        const ours = Object.keys(environment).filter((setting) => /^(PLINTH|OTEL)_/.test(setting));
        expect([name, ours.filter((setting) => !known.has(setting))]).toEqual([name, []]);
        const mounted = volumes.map((volume) => volume.split(':')[0] ?? '');
        const missing = mounted.filter((path) => path.startsWith(join(ROOT, 'deploy')) && !existsSync(path));
        expect([name, missing]).toEqual([name, []]);
      }
    });

    it('are all of deploy/', () => {
      const written = readdirSync(join(ROOT, 'deploy')).flatMap(
        (name) => /^compose\.(.*)\.yml$/.exec(name)?.[1] ?? [],
      );
      expect([...new Set(TOGETHER.flat())].sort()).toEqual(written.sort());
    });
  },
);
