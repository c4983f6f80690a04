/**
 * A small sRGB profile (ICC.1:2001-04, version 2.4) of the input class, as the ICC Profile module wants one (PS3.3
 * C.11.15): colorants adapted to D50, a gamma of 2.2 for each channel.
 */

const HEADER_BYTES = 128;
const ENTRY_BYTES = 12;
/** Media white and colorants of sRGB, D50 adapted (IEC 61966-2-1). */
const WHITE = [0.9642, 1, 0.8249] as const;
const COLORANTS = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
} as const;
const GAMMA = 2.2;

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const word = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
/** s15Fixed16Number. */
const fixed = (value: number): number[] => word(Math.round(value * 65536));

function xyz(values: readonly number[]): number[] {
  return [...ascii('XYZ '), ...word(0), ...values.flatMap(fixed)];
}

function description(text: string): number[] {
  const letters = [...ascii(text), 0];
  // ASCII; then no Unicode text, and no script text in its 67 bytes.
  const none = [...word(0), ...word(0), 0, 0, 0, ...new Array<number>(67).fill(0)];
  return [...ascii('desc'), ...word(0), ...word(letters.length), ...letters, ...none];
}

function curve(): number[] {
  const gamma = Math.round(GAMMA * 256);
  return [...ascii('curv'), ...word(0), ...word(1), gamma >> 8, gamma & 255];
}

function tags(): readonly (readonly [string, readonly number[]])[] {
  return [
    ['desc', description('sRGB')],
    ['cprt', [...ascii('text'), ...word(0), ...ascii('public domain'), 0]],
    ['wtpt', xyz(WHITE)],
    ...Object.entries(COLORANTS).map(([name, values]) => [name, xyz(values)] as const),
    ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, curve()] as const),
  ];
}

/** The bytes of the profile, an even number. */
export function srgbProfile(): Uint8Array {
  const all = tags();
  let offset = HEADER_BYTES + 4 + ENTRY_BYTES * all.length;
  const table: number[] = word(all.length);
  const data: number[] = [];
  for (const [name, bytes] of all) {
    table.push(...ascii(name), ...word(offset), ...word(bytes.length));
    const padding = (4 - (bytes.length % 4)) % 4;
    data.push(...bytes, ...new Array<number>(padding).fill(0));
    offset += bytes.length + padding;
  }
  const header = [
    ...word(offset),
    ...word(0),
    ...word(0x02400000),
    ...ascii('scnrRGB XYZ '),
    // A date is asked for; it says nothing.
    ...[0x07, 0xea, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0],
    ...ascii('acsp'),
    ...word(0),
    ...word(0),
    ...word(0),
    ...word(0),
    ...word(0),
    ...word(0),
    ...word(0),
    ...WHITE.flatMap(fixed),
  ];
  const filled = [...header, ...new Array<number>(HEADER_BYTES - header.length).fill(0)];
  return Uint8Array.from([...filled, ...table, ...data]);
}
