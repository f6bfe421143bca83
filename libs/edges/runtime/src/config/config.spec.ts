import { describe, expect, it } from '@jest/globals';
import {
  choiceSetting,
  ConfigError,
  integerSetting,
  optionalTextSetting,
  readConfig,
  textSetting,
} from './config.ts';

const schema = {
  HOST: textSetting({ about: 'where', fallback: 'localhost' }),
  PORT: integerSetting({ about: 'door', min: 1, max: 10 }),
  MODE: choiceSetting(['a', 'b'], { about: 'how', fallback: 'a' }),
  URL: optionalTextSetting('maybe'),
};

describe('readConfig', () => {
  it('reads what is set and falls back for the rest', () => {
    expect(readConfig(schema, { PORT: '7', MODE: 'b' })).toEqual({
      HOST: 'localhost',
      PORT: 7,
      MODE: 'b',
      URL: undefined,
    });
  });

  it('names every wrong setting at once', () => {
    const read = (): unknown => readConfig(schema, { PORT: '11', MODE: 'c' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /PORT: Expected a whole number from 1 to 10, was 11 \(door\)\nMODE: Expected one of a, b, was c/,
    );
  });

  it('asks for what has no default', () => {
    expect(() => readConfig(schema, {})).toThrow(/PORT: must be set \(door\)/);
  });

  it.each(['', ' 1', '1.5', '0x1', '١', '1e1'])('takes no %j for a number', (text) => {
    expect(() => readConfig(schema, { PORT: text })).toThrow(/PORT/);
  });
});
