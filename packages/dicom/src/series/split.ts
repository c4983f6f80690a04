import type { Vec3 } from '@photopeak/imaging';
import type { Slice } from './slices.ts';
import { cross, dot } from './vector.ts';

export interface Stack {
  readonly label: string;
  readonly slices: readonly Slice[];
}

/** Cosines that differ by less are the same orientation: 0.06 degrees. */
const COSINE_TOLERANCE = 1e-3;
/** Positions nearer than this are the same. */
const SAME_POSITION_MM = 0.01;

function sameOrientation(a: Slice, b: Slice): boolean {
  if (a.orientation === undefined || b.orientation === undefined) return a.orientation === b.orientation;
  return [0, 1].every((axis) => {
    const u = a.orientation![axis as 0 | 1];
    const v = b.orientation![axis as 0 | 1];
    return u.every((value, i) => Math.abs(value - v[i]!) < COSINE_TOLERANCE);
  });
}

function sameSpacing(a: Slice, b: Slice): boolean {
  if (a.pixelSpacing === undefined || b.pixelSpacing === undefined) return a.pixelSpacing === b.pixelSpacing;
  return a.pixelSpacing.every((value, i) => Math.abs(value - b.pixelSpacing![i]!) <= 1e-3 * value);
}

/** Image Type without its first value: an edited copy of a slice belongs to its stack. */
function imageType(slice: Slice): string {
  const frameType = slice.marks['frame type'];
  const values = frameType === undefined ? slice.instance.dataset.texts('ImageType') : frameType.split('\\');
  return values.slice(1).join('\\').toUpperCase();
}

function layoutName(slice: Slice): string {
  const type = imageType(slice).replaceAll('\\', ' ').trim();
  const axes = slice.orientation;
  const plane = axes === undefined ? 'unplaced' : planeName(cross(axes[0], axes[1]));
  return `${plane} ${slice.columns}×${slice.rows}${type === '' ? '' : ` ${type}`}`;
}

function planeName(normal: Vec3): string {
  const [x, y, z] = normal.map(Math.abs) as [number, number, number];
  if (z >= x && z >= y) return z > 0.99 ? 'axial' : 'near-axial';
  if (y >= x) return y > 0.99 ? 'coronal' : 'near-coronal';
  return x > 0.99 ? 'sagittal' : 'near-sagittal';
}

/** Stacks of equal layout, then of positions that occur once. */
export function splitStacks(slices: readonly Slice[]): Stack[] {
  const layouts: { first: Slice; key: string; slices: Slice[] }[] = [];
  for (const slice of slices) {
    const key = layoutKey(slice);
    const layout = layouts.find(
      (known) => known.key === key && sameOrientation(known.first, slice) && sameSpacing(known.first, slice),
    );
    if (layout === undefined) layouts.push({ first: slice, key, slices: [slice] });
    else layout.slices.push(slice);
  }
  return layouts.flatMap(({ first, slices: own }) => {
    const name = layouts.length > 1 ? layoutName(first) : '';
    return splitByMarks(own).map(({ label, slices: part }) => ({
      label: [name, label].filter((text) => text !== '').join(', '),
      slices: part,
    }));
  });
}

function layoutKey(slice: Slice): string {
  const { rows, columns, instance } = slice;
  const samples = instance.dataset.number('SamplesPerPixel') ?? 1;
  return [rows, columns, samples, instance.sopClassUid, imageType(slice)].join(' ');
}

/** Distance along the normal, and the whole position where slices may be shifted in the plane. */
function positionKeys(slices: readonly Slice[]): string[] | undefined {
  const axes = slices[0]?.orientation;
  if (axes === undefined) return undefined;
  const normal = cross(axes[0], axes[1]);
  const round = (value: number) => Math.round(value / SAME_POSITION_MM);
  const keys: string[] = [];
  for (const { position } of slices) {
    if (position === undefined) return undefined;
    keys.push(`${round(dot(position, normal))}`);
  }
  return keys;
}

/** How often the most frequent position occurs. */
function multiplicity(slices: readonly Slice[]): number {
  const keys = positionKeys(slices);
  if (keys === undefined) return 1;
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Math.max(...counts.values());
}

function groupBy(slices: readonly Slice[], key: (slice: Slice) => string): Map<string, Slice[]> {
  const groups = new Map<string, Slice[]>();
  for (const slice of slices) {
    const value = key(slice);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [slice]);
    else group.push(slice);
  }
  return groups;
}

/**
 * Separates slices that coincide. A mark that gives exactly as many groups as slices coincide, each without
 * coincidence, is what the series varies; then any mark that separates; then two marks together. What still coincides
 * stays together and is reported as duplicates when it is loaded.
 */
function splitByMarks(slices: readonly Slice[]): Stack[] {
  const wanted = multiplicity(slices);
  if (wanted <= 1) return [{ label: '', slices }];
  const names = [...new Set(slices.flatMap((slice) => Object.keys(slice.marks)))].sort(
    (a, b) => order.indexOf(a) - order.indexOf(b),
  );
  const distinct = Math.ceil(slices.length / wanted);
  const candidates: string[][] = [
    ...names.map((name) => [name]),
    ...names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b])),
  ];
  const attempts = candidates
    .map((marks) => ({
      marks,
      groups: groupBy(slices, (slice) =>
        marks.map((name) => `${name} ${slice.marks[name] ?? '-'}`).join(', '),
      ),
    }))
    // A mark that every slice has for itself separates everything and explains nothing.
    .filter(({ groups }) => groups.size > 1 && slices.length / groups.size >= distinct / 2)
    .filter(({ groups }) => [...groups.values()].every((group) => multiplicity(group) === 1));
  const best = attempts.find(({ groups }) => groups.size === wanted) ?? attempts[0];
  if (best !== undefined) {
    return [...best.groups].map(([label, group]) => ({ label, slices: group }));
  }
  return byRepetition(slices, wanted) ?? [{ label: '', slices }];
}

/** Every position occurs equally often and nothing names the difference: the order of the instances does. */
function byRepetition(slices: readonly Slice[], wanted: number): Stack[] | undefined {
  const keys = positionKeys(slices);
  if (keys === undefined || slices.length % wanted !== 0) return undefined;
  const seen = new Map<string, number>();
  const stacks: Slice[][] = Array.from({ length: wanted }, () => []);
  for (const [index, slice] of slices.entries()) {
    const repetition = seen.get(keys[index]!) ?? 0;
    seen.set(keys[index]!, repetition + 1);
    stacks[repetition]!.push(slice);
  }
  const complete = stacks.every((stack) => stack.length === stacks[0]!.length);
  // Two copies of one slice are duplicates, not time points.
  if (!complete || stacks[0]!.length < 2) return undefined;
  return stacks.map((stack, index) => ({ label: `repetition ${index + 1}`, slices: stack }));
}

/** The order in which marks are tried. */
const order = [
  'stack',
  'temporal position',
  'time offset',
  'echo',
  'echo time',
  'b-value',
  'gradient',
  'cardiac phase',
  'respiratory phase',
  'trigger time',
  'energy window',
  'detector',
  'phase',
  'R-R interval',
  'time slot',
  'time slice',
  'acquisition',
  'kernel',
  'frame type',
  'frame reference time',
  'acquisition time',
];
