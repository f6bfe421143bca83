import { KERNELS } from './gen/kernels.ts';

/** The compiled kernels: assembly/index.ts. Each takes how many options of the block it is to work on. */
export type LaneKernels = Readonly<{
  memory: Readonly<{ buffer: ArrayBuffer; grow: (pages: number) => number }>;
  deviations: (count: number) => void;
  /** Not 0 when an option is not ordinary. */
  locate: (count: number) => number;
  decays: (count: number) => void;
  tails: (count: number, isApart: boolean) => void;
  values: (count: number) => void;
  linearGreeks: (count: number) => void;
  inverseGreeks: (count: number) => void;
  place: (count: number) => void;
  lowStep: (count: number) => void;
  middleStep: (count: number) => void;
  highStep: (count: number) => void;
  /** Figures of so many accounts whose rows stand in memory, with their bounds when asked: book.ts. */
  valueAccounts: (count: number, isBounded: boolean) => void;
}>;

/** What is used of the engine's WebAssembly; the types of the language do not know it. */
type Engine = Readonly<{
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => Readonly<{ exports: unknown }>;
}>;

/**
 * A new instance of the kernels with a memory of its own, or undefined where the engine has no SIMD. They are
 * compiled once, synchronously.
 */
export const openLanes = (): LaneKernels | undefined => {
  compiled ??= { open: compile() };
  return compiled.open?.();
};

let compiled: Readonly<{ open: (() => LaneKernels) | undefined }> | undefined;

const compile = (): (() => LaneKernels) | undefined => {
  const engine = (globalThis as Readonly<{ WebAssembly?: Engine }>).WebAssembly;
  const bytes = Uint8Array.from(atob(KERNELS), (byte) => byte.charCodeAt(0));
  if (engine === undefined || !engine.validate(bytes)) return undefined;
  const module = new engine.Module(bytes);
  return () => new engine.Instance(module).exports as LaneKernels;
};
