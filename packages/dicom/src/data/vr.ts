/** Value representations, PS3.5 section 6.2. Anything that can be a table is one. */
interface VrTraits {
  /** `text`: character string, `number`: fixed-size binary numbers, `bytes`: opaque, `items`: sequence. */
  readonly kind: 'text' | 'number' | 'bytes' | 'items';
  /** Bytes of one value; the unit of byte swapping for binary VRs. */
  readonly size: number;
  /** 32-bit length field in explicit VR (PS3.5 table 7.1-1). */
  readonly long: boolean;
  /** Padding byte for odd lengths. */
  readonly pad: 0x00 | 0x20;
  /** Subject to Specific Character Set (0008,0005). */
  readonly encoded: boolean;
  /** Backslash separates values. */
  readonly multiple: boolean;
}

function text(options: Partial<VrTraits> = {}): VrTraits {
  return { kind: 'text', size: 1, long: false, pad: 0x20, encoded: false, multiple: true, ...options };
}
function numeric(size: number, long = false): VrTraits {
  return { kind: 'number', size, long, pad: 0x00, encoded: false, multiple: true };
}
function opaque(size: number): VrTraits {
  return { kind: 'bytes', size, long: true, pad: 0x00, encoded: false, multiple: false };
}

export const vrTraits = {
  AE: text(),
  AS: text(),
  AT: numeric(4),
  CS: text(),
  DA: text(),
  DS: text(),
  DT: text(),
  FD: numeric(8),
  FL: numeric(4),
  IS: text(),
  LO: text({ encoded: true }),
  LT: text({ encoded: true, multiple: false }),
  OB: opaque(1),
  OD: opaque(8),
  OF: opaque(4),
  OL: opaque(4),
  OV: opaque(8),
  OW: opaque(2),
  PN: text({ encoded: true }),
  SH: text({ encoded: true }),
  SL: numeric(4),
  SQ: { kind: 'items', size: 1, long: true, pad: 0x00, encoded: false, multiple: false } as VrTraits,
  SS: numeric(2),
  ST: text({ encoded: true, multiple: false }),
  SV: numeric(8, true),
  TM: text(),
  UC: text({ long: true, encoded: true }),
  UI: text({ pad: 0x00 }),
  UL: numeric(4),
  UN: opaque(1),
  UR: text({ long: true, multiple: false }),
  US: numeric(2),
  UT: text({ long: true, encoded: true, multiple: false }),
  UV: numeric(8, true),
} as const satisfies Readonly<Record<string, VrTraits>>;

export type Vr = keyof typeof vrTraits;

export const vrNames = Object.keys(vrTraits) as readonly Vr[];

const FIRST = 0x41;
const SPAN = 26;

const byLetters: (Vr | undefined)[] = new Array(SPAN * SPAN).fill(undefined);
for (const vr of vrNames) {
  byLetters[(vr.charCodeAt(0) - FIRST) * SPAN + vr.charCodeAt(1) - FIRST] = vr;
}

/** The VR named by two bytes of a file, or undefined. */
export function vrFromBytes(first: number, second: number): Vr | undefined {
  const a = first - FIRST;
  const b = second - FIRST;
  return a >= 0 && a < SPAN && b >= 0 && b < SPAN ? byLetters[a * SPAN + b] : undefined;
}
