import { describe, expect, it } from '@jest/globals';
import { OutcomeUnknown, Retryable } from '@plinth/eventing';
import { patiently } from './run-process.ts';

describe('a step of a start', () => {
  const failing = (...errors: readonly Error[]) => {
    let runs = 0;
    return async (): Promise<number> => {
      const error = errors[runs];
      runs += 1;
      if (error !== undefined) throw error;
      return runs;
    };
  };

  it('is run again while what hinders it passes, and that is said once', async () => {
    const said: unknown[] = [];
    const [away, cut] = [new Retryable('away'), new OutcomeUnknown('cut')];
    expect(await patiently(failing(away, cut), (error) => said.push(error))).toBe(3);
    expect(said).toEqual([away]);
  });

  it('fails at once with what will not pass', async () => {
    const wrong = new Error('wrong');
    const said: unknown[] = [];
    await expect(patiently(failing(wrong), (error) => said.push(error))).rejects.toBe(wrong);
    expect(said).toEqual([]);
  });
});
