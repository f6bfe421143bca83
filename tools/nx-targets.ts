import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeOf } from './house/rooms.ts';

type Context = Readonly<{ workspaceRoot: string }>;
type Target = Readonly<{ command: string; options: Readonly<{ cwd: string }> }>;

const JEST =
  'node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js';

/** Nx calls this for every project; what the targets read and write stands in nx.json. */
export const createNodes = [
  '{libs,apps,tools}/**/tsconfig.json',
  (files: readonly string[], _options: unknown, context: Context) =>
    files
      .filter((file) => placeOf(file) !== undefined)
      .map((file) => [
        file,
        { projects: { [dirname(file)]: projectOf(dirname(file), context.workspaceRoot) } },
      ]),
] as const;

export const name = 'plinth-targets';

const projectOf = (root: string, workspaceRoot: string): object => {
  const place = placeOf(`${root}/tsconfig.json`);
  return {
    tags: place ? [`type:${place.type}`, `room:${place.room}`] : [],
    targets: targetsOf(root, readdirSync(join(workspaceRoot, root), { recursive: true, encoding: 'utf8' })),
    ...(existsSync(join(workspaceRoot, root, 'src')) ? { sourceRoot: `${root}/src` } : {}),
  };
};

/** Only what a project has files for: an empty target would pass without having looked at anything. */
const targetsOf = (root: string, files: readonly string[]): Readonly<Record<string, Target>> => {
  const own = files.filter((file) => !file.includes('node_modules'));
  const commands: Readonly<Record<string, string | false>> = {
    typecheck: own.some((file) => file.endsWith('.ts')) && `tsc --noEmit -p ${root}/tsconfig.json`,
    lint: own.some((file) => file.endsWith('.ts')) && `eslint --max-warnings 0 ${root}`,
    test: own.some((file) => /(?<!\.int)\.spec\.ts$/.test(file)) && `${JEST} ${root}/`,
    'test:int': own.some((file) => file.endsWith('.int.spec.ts')) && `${JEST} -c jest.int.config.js ${root}/`,
    build: root.startsWith('apps/') && own.includes(join('src', 'main.ts')) && `node tools/build.ts ${root}`,
  };
  return Object.fromEntries(
    Object.entries(commands).flatMap(([target, command]) =>
      command === false ? [] : [[target, { command, options: { cwd: '{workspaceRoot}' } }] as const],
    ),
  );
};
