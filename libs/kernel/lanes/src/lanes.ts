import { KERNELS } from './gen/kernels.ts';

/** The compiled kernels: assembly/index.ts. Each takes how many options of the block it is to work on. */
export type LaneKernels = Readonly<{
  memory: Readonly<{ buffer: ArrayBuffer }>;
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
}>;

/** What is used of the engine's WebAssembly; the types of the language do not know it. */
type Engine = Readonly<{
  validate: (bytes: Uint8Array) => boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => Readonly<{ exports: unknown }>;
}>;

/** Kernels of this thread, or undefined where the engine has no SIMD. Compiled once, synchronously. */
export const laneKernels = (): LaneKernels | undefined => {
  compiled ??= { kernels: compile() };
  return compiled.kernels;
};

let compiled: Readonly<{ kernels: LaneKernels | undefined }> | undefined;

const compile = (): LaneKernels | undefined => {
  const engine = (globalThis as Readonly<{ WebAssembly?: Engine }>).WebAssembly;
  const bytes = Uint8Array.from(atob(KERNELS), (byte) => byte.charCodeAt(0));
  if (engine === undefined || !engine.validate(bytes)) return undefined;
  return new engine.Instance(new engine.Module(bytes)).exports as LaneKernels;
};
