import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { takeCopyData } from './copy-frames.ts';

const frame = (code: string, content: string): Buffer => {
  const head = Buffer.alloc(5);
  head.write(code, 0, 'latin1');
  head.writeUInt32BE(4 + Buffer.byteLength(content), 1);
  return Buffer.concat([head, Buffer.from(content)]);
};

const ANSWER = [
  frame('H', 'copy'),
  frame('d', 'one'),
  frame('N', 'notice'),
  frame('d', ''),
  frame('d', 'three'),
];
const END = [frame('c', ''), frame('C', 'COPY 3'), frame('Z', 'I')];
const NEXT = frame('T', 'of the next query');

/** What the rows and the driver get of these bytes when they come in chunks of a size. */
const taken = async (bytes: Buffer, size: number) => {
  const stream = new PassThrough();
  const driver: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => driver.push(chunk));
  const rows: string[] = [];
  takeCopyData(stream, (from, start, end) => rows.push(from.toString('utf8', start, end)));
  for (let at = 0; at < bytes.length; at += size) {
    stream.write(bytes.subarray(at, at + size));
    await new Promise(setImmediate);
  }
  const listeners = stream.listenerCount('data');
  return { rows, driver: Buffer.concat(driver).toString('latin1'), listeners };
};

describe('rows taken from a connection', () => {
  const whole = Buffer.concat([...ANSWER, ...END, NEXT]);
  const driver = Buffer.concat([ANSWER[0], ANSWER[2], ...END, NEXT] as Buffer[]).toString('latin1');

  it('are told from the other messages, wherever the stream is cut', async () => {
    for (let size = 1; size <= whole.length; size += 1)
      expect(await taken(whole, size)).toEqual({ rows: ['one', '', 'three'], driver, listeners: 1 });
  });

  it('leave a refusal in the middle to the driver', async () => {
    const cut = Buffer.concat([
      frame('H', 'copy'),
      frame('d', 'one'),
      frame('E', 'canceled'),
      frame('Z', 'I'),
    ]);
    const { rows, driver: told } = await taken(cut, 3);
    expect(rows).toEqual(['one']);
    expect(told).toContain('canceled');
  });
});
