/** Text that may stand in HTML and SVG, between tags and inside quotes. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export type Point = readonly [x: number, y: number];
export type Scale = (value: number) => number;

export const WIDTH = 560;
export const HEIGHT = 250;
/** Room for the numbers on the left and the times below. */
const LEFT = 54;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 36;

const round = (x: number): string => String(Math.round(x * 10) / 10);

export const scaleOf = (from: number, to: number, start: number, end: number): Scale => {
  const span = to - from === 0 ? 1 : to - from;
  return (value) => start + ((value - from) / span) * (end - start);
};

/** 1, 2 or 5 times a power of ten, so that some five steps cover the span. */
export const niceStep = (span: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / 4));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => span / step <= 5) ?? 10 * power;
};

/** Whole multiples of a step from one value to another, both included. */
const multiples = (from: number, to: number, step: number): readonly number[] => {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
};

export type Frame = Readonly<{ x: Scale; y: Scale; svg: string }>;

export type Axes = Readonly<{
  x: readonly [number, number];
  y: readonly [number, number];
  /** Between the texts below; none without. */
  xStep?: number;
  xText: (value: number) => string;
  yText: (value: number) => string;
  height?: number;
}>;

/** Grid and axis texts of a chart, and the scales to draw in it. */
export const frameOf = ({ x: [x0, x1], y: [y0, y1], xStep, xText, yText, height = HEIGHT }: Axes): Frame => {
  const x = scaleOf(x0, x1, LEFT, WIDTH - RIGHT);
  const y = scaleOf(y0, y1, height - BOTTOM, TOP);
  const rows = multiples(y0, y1, niceStep(y1 - y0 || 1));
  const lines = rows.map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${round(y(value))}H${WIDTH - RIGHT}"/>` +
      label([LEFT - 6, y(value) + 4], yText(value), 'end'),
  );
  const across = xStep === undefined ? [] : multiples(x0, x1, xStep);
  const columns = across.map((value) => label([x(value), height - 18], xText(value), 'middle'));
  return { x, y, svg: lines.join('') + columns.join('') };
};

export const pathOf = (points: readonly Point[]): string =>
  points.map(([x, y], n) => `${n === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');

export const line = (points: readonly Point[], colour: number, title: string): string =>
  `<path class="line c${colour}" d="${pathOf(points)}"><title>${escaped(title)}</title></path>`;

const filled = (shape: string, colour: string, title: string): string =>
  `<${shape.split(' ')[0]} class="area ${colour}" ${shape.slice(shape.indexOf(' ') + 1)}>` +
  `<title>${escaped(title)}</title></${shape.split(' ')[0]}>`;

export const area = (
  upper: readonly Point[],
  lower: readonly Point[],
  colour: string,
  title: string,
): string => filled(`path d="${pathOf([...upper, ...[...lower].reverse()])}Z"`, colour, title);

export const bar = ([x, y]: Point, [width, height]: Point, colour: string, title: string): string => {
  const size = `width="${round(Math.max(0.5, width))}" height="${round(height)}"`;
  return filled(`rect x="${round(x)}" y="${round(y)}" ${size}`, colour, title);
};

export const dot = ([x, y]: Point, radius: number, colour: string, title: string): string =>
  filled(`circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}"`, colour, title);

export const label = ([x, y]: Point, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;

export const svgOf = (name: string, body: string, height: number = HEIGHT): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(name)}">${body}</svg>`;
