import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { testAppend, testRequest } from '@plinth/eventing/testing';
import { asOwner } from '@plinth/runtime';
import { Command } from 'commander';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHeadSigner } from '../broker/audit-trail.ts';
import { openLog, type OpenLog } from '../broker/open-log.ts';
import { CliError } from '../cli/exit-codes.ts';
import { register as registerAudit } from './audit.ts';
import { register as registerLog } from './log.ts';

type Ran = Readonly<{ out: string; code: number; error: string }>;

/** A command line as the shell would run it, in this process. */
const plinth = async (...words: readonly string[]): Promise<Ran> => {
  let out = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const program = new Command().exitOverride();
  registerLog(program);
  registerAudit(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return { out, code: 0, error: '' };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { out, code: error.exitCode, error: error.message };
  } finally {
    write.mockRestore();
  }
};

const json = ({ out }: Ran): never => JSON.parse(out) as never;

describe('log and audit over a data directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plinth-audit-'));
  const data = ['--data', directory] as const;
  let open: OpenLog;

  beforeAll(async () => {
    chmodSync(directory, 0o755);
    open = await openLog(directory);
    const signer = await openHeadSigner(open.log, directory, { now: () => 1_700_000_000_000 });
    for (let n = 0; n < 12; n += 1) {
      await open.log.append(testRequest([testAppend(`timer-${n % 3}`, Math.floor(n / 3))]));
      if (n === 4 || n === 10) await signer.advance();
    }
  }, 60_000);

  afterAll(async () => {
    await open.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows ends, streams, events and counts while another process has the server', async () => {
    const tail = json(await plinth('log', 'tail', '-n', '2', '-o', 'json', ...data)) as {
      position: string;
    }[];
    expect(tail.map(({ position }) => position)).toEqual(['11', '12']);
    const stream = json(await plinth('log', 'show', 'timer-1', '-o', 'json', ...data)) as {
      version: number;
    }[];
    expect(stream.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(json(await plinth('log', 'show', '5', '-o', 'json', ...data))).toMatchObject({
      position: '5',
      stream: 'timer-1',
      type: 'TimerFired',
      data: { service: 'risk', dueAtMs: 2 },
    });
    expect(json(await plinth('log', 'stats', '-o', 'json', ...data))).toMatchObject({
      events: '12',
      streams: 3,
      byType: [{ type: 'TimerFired', events: 12 }],
    });
    const filtered = await plinth('log', 'tail', '--stream', 'timer-2', '-o', 'ndjson', ...data);
    expect(filtered.out.trim().split('\n')).toHaveLength(4);
  });

  it('refuses what is not there with a code and a remedy', async () => {
    expect(await plinth('log', 'show', '13', ...data)).toMatchObject({
      code: 3,
      error: 'Expected a position from 1 to 12, was 13',
    });
    expect(await plinth('log', 'show', 'timer-9', ...data)).toMatchObject({ code: 3 });
    expect(await plinth('log', 'tail', '--type', 'Nothing', ...data)).toMatchObject({ code: 2 });
    const absent = await plinth('log', 'stats', '--data', join(directory, 'nowhere'));
    expect(absent).toMatchObject({ code: 2, error: expect.stringContaining('plinth demo') as unknown });
    expect(await plinth('audit', 'prove', ...data)).toMatchObject({ code: 2 });
    expect(await plinth('audit', 'prove', '12', ...data)).toMatchObject({
      code: 4,
      error: 'Expected a position up to 11, the last signed head, was 12',
    });
  });

  it('verifies, proves, and checks its proofs again from the files alone', async () => {
    const verified = await plinth('audit', 'verify', '-o', 'json', ...data);
    expect(verified).toMatchObject({ code: 0 });
    expect(json(verified)).toMatchObject({ events: 12, heads: 2, proven: 11, unproven: 1, findings: [] });

    const file = join(directory, 'proof.json');
    for (const words of [['3'], ['3', '--size', '11'], ['--from', '5'], ['--from', '5', '--to', '11']]) {
      writeFileSync(file, (await plinth('audit', 'prove', ...words, ...data)).out);
      expect(await plinth('audit', 'verify', '--proof', file, ...data)).toMatchObject({ code: 0 });
    }
    const proof = JSON.parse(readFileSync(file, 'utf8')) as { second: { root: string } };
    proof.second.root = 'ab'.repeat(32);
    writeFileSync(file, JSON.stringify(proof));
    expect(await plinth('audit', 'verify', '--proof', file, ...data)).toMatchObject({ code: 1 });
    writeFileSync(file, '{"kind":"plinth-inclusion-v1"}');
    expect(await plinth('audit', 'verify', '--proof', file, ...data)).toMatchObject({ code: 1 });
  });

  it('exports a log that verifies with its own files, until a line of it is changed', async () => {
    const to = join(directory, 'export');
    expect(await plinth('audit', 'export', '--to', to, ...data)).toMatchObject({ code: 0 });
    const files = ['--heads', join(to, 'heads.ndjson'), '--key', join(to, 'public-key.pem')] as const;
    const events = join(to, 'events.ndjson');
    expect(await plinth('audit', 'verify', '--events', events, ...files)).toMatchObject({ code: 0 });
    expect(await plinth('audit', 'export', '--to', to, ...data)).toMatchObject({ code: 2 });
    const lines = readFileSync(events, 'utf8');
    writeFileSync(events, lines.replace('"position":"7"', '"position":"7","traceparent":"x"'));
    expect(await plinth('audit', 'verify', '--events', events, ...files)).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^first bad position 6: events 6 to 11 /) as unknown,
    });
    writeFileSync(events, '{"position":"1"}\n');
    expect(await plinth('audit', 'verify', '--events', events, ...files)).toMatchObject({
      code: 1,
      error: expect.stringContaining('events.ndjson:1: Expected stream as a string') as unknown,
    });
    writeFileSync(events, lines);
    appendFileSync(events, 'half a line');
    expect(await plinth('audit', 'verify', '--events', events, ...files)).toMatchObject({
      code: 1,
      error: expect.stringContaining('events.ndjson:13: ') as unknown,
    });
  });

  it('follows what is appended until it is interrupted', async () => {
    const lines: { stream: string }[] = [];
    const following = plinth('log', 'tail', '-f', '-n', '0', '-o', 'json', '--stream', 'timer-new', ...data);
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      lines.push(JSON.parse(String(text)) as { stream: string });
      return true;
    });
    for (let version = 0; lines.length < 2 && version < 200; version += 1) {
      const stream = version % 2 === 0 ? 'timer-new' : 'timer-other';
      await open.log.append(testRequest([testAppend(stream, Math.floor(version / 2))]));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    process.emit('SIGINT');
    expect(await following).toMatchObject({ code: 0 });
    write.mockRestore();
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(new Set(lines.map(({ stream }) => stream))).toEqual(new Set(['timer-new']));
  });

  it('finds what the owner of the database changed behind the log', async () => {
    await asOwner(open.ownerUrl, async (client) => {
      await client.query('ALTER TABLE plinth.events DISABLE TRIGGER ALL');
      await client.query(`UPDATE plinth.events SET actor = 'client:eve' WHERE position = 3`);
    });
    const verified = await plinth('audit', 'verify', ...data);
    expect(verified).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^first bad position 1: /) as unknown,
    });
    expect(await plinth('audit', 'prove', '3', ...data)).toMatchObject({ code: 1 });
  });
});
