import { Presets, SingleBar } from 'cli-progress';

export type Progress = Readonly<{
  update: (done: number, line: string) => void;
  stop: () => void;
}>;

const NONE: Progress = { update: () => undefined, stop: () => undefined };

/** A bar with a live line on a terminal; silence in a pipe. */
export const startProgress = (name: string, total: number): Progress => {
  if (!process.stderr.isTTY) return NONE;
  const bar = new SingleBar(
    {
      format: `${name} [{bar}] {percentage}% {eta_formatted} | {line}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: false,
      linewrap: false,
      fps: 5,
    },
    Presets.rect,
  );
  bar.start(total, 0, { line: '' });
  return {
    update: (done, line) => bar.update(done, { line }),
    stop: () => bar.stop(),
  };
};
