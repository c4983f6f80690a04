import { type Html, html } from '../report/index.ts';

export interface Strip {
  readonly title: string;
  readonly unit: string;
  /** A value of each case, with its number. */
  readonly values: readonly { readonly number: number; readonly value: number }[];
  readonly mean: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Of equivalence, to both sides of nought. */
  readonly margin?: number;
}

const WIDTH = 600;
const HEIGHT = 64;
const LEFT = 14;
const AXIS = 44;
/** Dots of neighbouring cases lie on so many lines, so that few cover each other. */
const LINES = 5;
const SPREAD = 6;

/** The values of all cases on one line: their mean with its interval, nought, and the margin where there is one. */
export function strip({ title, unit, values, mean, interval, margin }: Strip): Html {
  const all = [
    ...values.map(({ value }) => value),
    ...(interval === null ? [] : [interval.low, interval.high]),
    ...(margin === undefined ? [] : [-margin, margin, 0]),
  ];
  const least = all.reduce((a, b) => Math.min(a, b));
  const most = all.reduce((a, b) => Math.max(a, b));
  const reach = most - least || Math.abs(most) || 1;
  const x = (value: number) =>
    Math.round((LEFT + ((WIDTH - 2 * LEFT) * (value - least + 0.04 * reach)) / (1.08 * reach)) * 10) / 10;
  const line = (at: number, more: Html) =>
    html`<line x1="${x(at)}" x2="${x(at)}" y1="4" y2="${AXIS}" ${more}/>`;
  const tick = (value: number, anchor: string) =>
    html`<text x="${x(value)}" y="${HEIGHT - 6}" text-anchor="${anchor}">${short(value)}</text>`;
  const ends = least === most ? [tick(least, 'middle')] : [tick(least, 'start'), tick(most, 'end')];
  return html`<figure><figcaption>${title}${unit === '' ? '' : `, ${unit}`}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-size="12" fill="#566272">
${margin === undefined ? null : html`<rect x="${x(-margin)}" y="4" width="${x(margin) - x(-margin)}" height="${AXIS - 4}" fill="#e4f2e8"/>`}
${least <= 0 && most >= 0 ? line(0, html`stroke="#566272" stroke-dasharray="3 3"`) : null}
<line x1="${LEFT}" x2="${WIDTH - LEFT}" y1="${AXIS}" y2="${AXIS}" stroke="#d9e0e8"/>
${values.map(
  ({ number, value }, n) =>
    html`<circle cx="${x(value)}" cy="${AXIS / 2 + 4 + ((n % LINES) - (LINES - 1) / 2) * SPREAD}" r="3.5" fill="#1d4f91" fill-opacity="0.55"><title>case ${number}: ${short(value)} ${unit}</title></circle>`,
)}
${interval === null ? null : html`<line x1="${x(interval.low)}" x2="${x(interval.high)}" y1="9" y2="9" stroke="#16202c" stroke-width="3"/>`}
${line(mean, html`stroke="#16202c" stroke-width="1.5"`)}${ends}</svg></figure>`;
}

const short = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−');
