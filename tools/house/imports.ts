import ts from 'typescript';
import type { RoomIndex } from './rooms.ts';
import { importProblem, KERNEL_ORDER, placeOf, TYPE_ORDER } from './rooms.ts';
import type { Project } from './workspace.ts';
import { roomIndex } from './workspace.ts';

export type Source = Readonly<{ path: string; text: string }>;

/** `isType` when nothing of the import is left at run time. */
type Import = Readonly<{ specifier: string; line: number; isType: boolean }>;

/** Every specifier that a source names: imports, re-exports, `import type`, `import()`. */
const importsOf = ({ path, text }: Source): readonly Import[] => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const line = file.getLineAndCharacterOfPosition(specifier.getStart(file)).line + 1;
    found.push({ specifier: specifier.text, line, isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

/** Imports that go the wrong way, one line each. */
export const wrongImports = (source: Source, rooms: RoomIndex): readonly string[] =>
  importsOf(source).flatMap(({ specifier, line }) => {
    const problem = importProblem(source.path, specifier, rooms);
    return problem === undefined ? [] : [`${source.path}:${line} ${problem}`];
  });

/** Rooms that a source imports without its package.json saying so. */
export const undeclaredImports = (source: Source, projects: readonly Project[]): readonly string[] => {
  const owner = projects.find(({ root }) => source.path.startsWith(`${root}/`));
  if (!owner) return [];
  return importsOf(source).flatMap(({ specifier, line }) => {
    const name = /^@plinth\/[^/]+/.exec(specifier)?.[0];
    if (name === undefined || owner.dependencies.includes(name)) return [];
    return [`${source.path}:${line} ${name} is missing in the dependencies of ${owner.root}/package.json`];
  });
};

/** What the package.json files declare against the order of the rooms: wrong tags and wrong dependencies. */
export const wrongProjects = (projects: readonly Project[]): readonly string[] => {
  const rooms = roomIndex(projects);
  return projects.flatMap(({ root, dependencies, tags }) => {
    const place = placeOf(`${root}/package.json`);
    if (!place) return [`${root} is no room of the house: add it to tools/house/rooms.ts`];
    const problems: string[] = [];
    if (!tags.includes(`type:${place.type}`))
      problems.push(`${root}/package.json: expected tag type:${place.type}`);
    if (place.type === 'kernel' && !KERNEL_ORDER[place.room]) {
      problems.push(`${root} has no place in KERNEL_ORDER of tools/house/rooms.ts`);
    }
    for (const name of dependencies.filter((dependency) => dependency.startsWith('@plinth/'))) {
      const target = rooms.get(name.replace('@plinth/', ''));
      const isAllowed =
        target !== undefined &&
        TYPE_ORDER[place.type].includes(target.type) &&
        (place.type !== 'kernel' || KERNEL_ORDER[place.room]?.includes(target.room));
      if (!isAllowed) problems.push(`${root}/package.json must not depend on ${name}`);
    }
    return problems;
  });
};

/**
 * Circles of imports between files of one room, as the paths along them. Imports of types alone do not count:
 * they are gone at run time, where a circle makes the order of loading matter.
 */
export const importCircles = (sources: readonly Source[]): readonly string[] => {
  const paths = new Set(sources.map(({ path }) => path));
  const edges = new Map(sources.map((source) => [source.path, relativeTargets(source, paths)]));
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) circles.push([...trail.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return [...new Set(circles)];
};

const relativeTargets = (source: Source, paths: ReadonlySet<string>): readonly string[] =>
  importsOf(source)
    .filter(({ specifier, isType }) => specifier.startsWith('.') && !isType)
    .map(({ specifier }) => new URL(specifier, `file:///${source.path}`).pathname.slice(1))
    .filter((target) => paths.has(target));
