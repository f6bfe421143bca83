/** In hundredths of a percent, as shocks are shown. */
const STEPS = 10_000;

/** A relative move for people: `−15 %`, `+18.25 %`, `±0 %`. */
export const percentText = (fraction: number): string => {
  const rounded = Math.round(Math.abs(fraction) * STEPS) / 100;
  if (rounded === 0) return '±0 %';
  return `${fraction < 0 ? '−' : '+'}${rounded} %`;
};

/** What a scenario of one underlying does, for people: `BTC −15 %, vol +50 %`. */
export const moveText = (underlying: string, price: number, volatility: number): string =>
  `${underlying} ${percentText(price)}, vol ${percentText(volatility)}`;
