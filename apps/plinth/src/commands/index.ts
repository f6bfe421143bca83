import type { Command } from 'commander';
import { register as audit } from './audit.ts';
import { register as backtest } from './backtest.ts';
import { register as backup } from './backup.ts';
import { register as bench } from './bench.ts';
import { register as conformance } from './conformance.ts';
import { register as demo } from './demo.ts';
import { register as explain } from './explain.ts';
import { register as gateway } from './gateway.ts';
import { register as lending } from './lending.ts';
import { register as letters } from './letters.ts';
import { register as log } from './log.ts';
import { register as replay } from './replay.ts';
import { register as serve } from './serve.ts';
import { register as sign } from './sign.ts';
import { register as stress } from './stress.ts';
import { register as surface } from './surface.ts';
import { register as up } from './up.ts';

/** Every command, in the order in which the help lists them. What a command needs is loaded when it runs. */
export const registerAll = (program: Command): void => {
  for (const register of [
    demo,
    replay,
    up,
    serve,
    gateway,
    sign,
    log,
    letters,
    audit,
    backup,
    bench,
    backtest,
    conformance,
    lending,
    stress,
    surface,
    explain,
  ])
    register(program);
};
