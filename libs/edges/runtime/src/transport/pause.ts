/**
 * Waits so long, or until the signal aborts, or until what `arm` was given is called. Never rejects: who
 * waits looks at the signal.
 */
export const pause = (ms: number, signal: AbortSignal, arm?: (wake: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) return done();
    signal.addEventListener('abort', done, { once: true });
    arm?.(done);
  });
