import { describe, expect, it } from '@jest/globals';
import {
  choiceSetting,
  ConfigError,
  integerSetting,
  optionalTextSetting,
  originsSetting,
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

  it('reads origins as browsers write them', () => {
    const PAGES = originsSetting('pages');
    expect(readConfig({ PAGES }, {})).toEqual({ PAGES: [] });
    expect(readConfig({ PAGES }, { PAGES: '' })).toEqual({ PAGES: [] });
    const text = 'https://Desk.example.com:443, http://localhost:5173';
    expect(readConfig({ PAGES }, { PAGES: text })).toEqual({
      PAGES: ['https://desk.example.com', 'http://localhost:5173'],
    });
  });

  it.each(['*', 'desk.example.com', 'https://a.b/c', 'ftp://a.b', 'null', 'https://u@a.b'])(
    'takes no %j for an origin',
    (text) => {
      expect(() => readConfig({ PAGES: originsSetting('pages') }, { PAGES: text })).toThrow(
        /PAGES: Expected origins like https:\/\/desk.example.com/,
      );
    },
  );

  it.each(['', ' 1', '1.5', '0x1', '١', '1e1'])('takes no %j for a number', (text) => {
    expect(() => readConfig(schema, { PORT: text })).toThrow(/PORT/);
  });
});
