/** Colour tables for PET as nodes (position 0–1, r, g, b 0–1), linear between nodes. */
export interface ColorTable {
  readonly id: ColorTableId;
  readonly label: string;
  readonly nodes: readonly (readonly [number, number, number, number])[];
}

export type ColorTableId = 'inverted-grey' | 'grey' | 'hot-metal' | 'rainbow';

export const colorTables: Readonly<Record<ColorTableId, ColorTable>> = {
  'inverted-grey': {
    id: 'inverted-grey',
    label: 'Inverted grey',
    nodes: [
      [0, 1, 1, 1],
      [1, 0, 0, 0],
    ],
  },
  grey: {
    id: 'grey',
    label: 'Grey',
    nodes: [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ],
  },
  // The table "Hot Iron" of PS3.6 Annex B.1.1: red rises over the first half, green over the second, blue last.
  'hot-metal': {
    id: 'hot-metal',
    label: 'Hot metal',
    nodes: [
      [0, 0, 0, 0],
      [0.5, 1, 0, 0],
      [0.75, 1, 0.5, 0],
      [1, 1, 1, 1],
    ],
  },
  rainbow: {
    id: 'rainbow',
    label: 'Rainbow',
    nodes: [
      [0, 0, 0, 0],
      [0.1, 0.3, 0, 0.5],
      [0.25, 0, 0, 1],
      [0.42, 0, 0.85, 0.9],
      [0.58, 0, 0.85, 0],
      [0.75, 1, 1, 0],
      [0.9, 1, 0.35, 0],
      [1, 1, 1, 1],
    ],
  },
};

/** The same table for a style sheet: `linear-gradient(to top, …)`. */
export function cssGradient(table: ColorTable, towards: 'top' | 'right'): string {
  const stops = table.nodes.map(([at, ...rgb]) => {
    const [r, g, b] = rgb.map((channel) => Math.round(channel * 255));
    return `rgb(${r} ${g} ${b}) ${(at * 100).toFixed(0)}%`;
  });
  return `linear-gradient(to ${towards}, ${stops.join(', ')})`;
}
