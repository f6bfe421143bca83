import { describe, expect, it } from '@jest/globals';
import { EXIT } from '../cli/exit-codes.ts';
import { chooseBenches } from './choose.ts';
import { reactionTimes } from './cluster/reactions.ts';

const BROKERS = '127.0.0.1:9092';
const namesOf = (...args: Parameters<typeof chooseBenches>): readonly string[] =>
  chooseBenches(...args).map(({ name }) => name);

describe('The benches that are asked for', () => {
  it('are all but the cluster when none is named, with Kafka or without', () => {
    for (const brokers of [undefined, BROKERS]) {
      const names = namesOf([], brokers);
      expect(names).toEqual(expect.arrayContaining(['append', 'replay', 'relay']));
      expect(names).not.toContain('cluster');
    }
  });

  it('run in their own order, whatever the order of the names', () => {
    expect(namesOf(['cluster', 'margin', 'append'], BROKERS)).toEqual(['append', 'margin', 'cluster']);
  });

  it.each(['cluster', 'relay'])('%s is refused without Kafka, with the remedy', (name) => {
    const remedy = new RegExp(`^${name}: Expected a Kafka .*PLINTH_KAFKA_BROKERS=`);
    expect(() => chooseBenches(['append', name], undefined)).toThrow(
      expect.objectContaining({ exitCode: EXIT.usage, message: expect.stringMatching(remedy) }),
    );
  });

  it('must be known', () => {
    expect(() => chooseBenches(['clusters'], BROKERS)).toThrow(
      expect.objectContaining({
        exitCode: EXIT.usage,
        message: expect.stringMatching(/cluster, was clusters$/),
      }),
    );
  });
});

describe('Times from a tick', () => {
  const row = (id: string, type: string, cause: string, at: number, stream = 's') => ({
    ...{ id, stream, type, cause, at },
  });
  const rows = [
    row('m1', 'MarksPublished', 'round1', 1_000),
    row('s1', 'MarginStateChanged', 'm1', 1_012),
    row('q1', 'LiquidationRequested', 'm1', 1_012),
    row('l1', 'LiquidationStarted', 'q1', 1_020),
    row('d1', 'ReductionOrdered', 'l1', 1_024),
    row('p1', 'OrderPlaced', 'd1', 1_028, 'order-1'),
    // What an effect found out names the effect.
    row('o1', 'OrderRouted', 'split:1:1', 1_041, 'order-1'),
  ];

  it('are those of what followed from it, over what lies in between', () => {
    expect(reactionTimes(rows)).toEqual({ decisions: [12], orders: [41] });
  });

  it('leave out what followed from a fill, and what no tick caused', () => {
    const later = [
      row('f1', 'ChildFilled', 'o1', 1_100),
      row('s2', 'MarginStateChanged', 'f1', 1_110),
      row('p2', 'OrderPlaced', 'f1', 1_120, 'order-2'),
      row('o2', 'OrderRouted', 'split:2:1', 1_130, 'order-2'),
      row('s3', 'MarginStateChanged', 'elsewhere', 1_140),
    ];
    expect(reactionTimes([...rows, ...later])).toEqual({ decisions: [12], orders: [41] });
  });
});
