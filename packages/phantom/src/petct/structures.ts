import type { Volume } from '@photopeak/imaging';
import type { Anatomy } from './anatomy/index.ts';
import type { Mapping } from './mapping.ts';
import type { Shape } from './shapes.ts';
import { labelOf, type TissueName, tissues } from './tissues.ts';

const VERTEBRAE = [
  ...(['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7'] as const),
  ...(['T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8', 'T9', 'T10', 'T11', 'T12'] as const),
  ...(['L1', 'L2', 'L3', 'L4', 'L5'] as const),
];

/** Names of the values of `PetctPhantom.structures()`, at the index of their value. */
export const structureNames = [
  ...(['outside', 'body', 'lungRight', 'lungLeft', 'airways', 'bone', 'brain', 'heart', 'aorta'] as const),
  ...([
    'liver',
    'spleen',
    'kidneyRight',
    'kidneyLeft',
    'stomach',
    'bladder',
    'muscle',
    'fat',
    'spinalCanal',
    'otherAirways',
  ] as const),
  ...VERTEBRAE.map((name) => `vertebra${name}` as const),
];
type StructureTruthName = (typeof structureNames)[number];

const value = (name: StructureTruthName): number => structureNames.indexOf(name);

/** What a tissue is part of, wherever it lies; all others are `body`. */
const OF_TISSUE: Partial<Record<TissueName, StructureTruthName>> = {
  air: 'outside',
  'table-shell': 'outside',
  'table-core': 'outside',
  'lung-right': 'lungRight',
  'lung-left': 'lungLeft',
  airway: 'otherAirways',
  'cortical-bone': 'bone',
  'spongy-bone': 'bone',
  'yellow-marrow': 'bone',
  'grey-matter': 'brain',
  'white-matter': 'brain',
  'cerebrospinal-fluid': 'brain',
  liver: 'liver',
  'liver-vessel': 'liver',
  spleen: 'spleen',
  'kidney-right': 'kidneyRight',
  'kidney-left': 'kidneyLeft',
  bladder: 'bladder',
  'bladder-wall': 'bladder',
  'spinal-canal': 'spinalCanal',
  muscle: 'muscle',
  fat: 'fat',
  'visceral-fat': 'fat',
};
/** Tissues that belong to an organ only where the drawing marked it. */
const MARKED: readonly {
  readonly organ: 'heart' | 'aorta' | 'stomach' | 'airways';
  readonly tissues: readonly TissueName[];
}[] = [
  { organ: 'heart', tissues: ['blood-pool', 'myocardium', 'muscle'] },
  { organ: 'aorta', tissues: ['aorta'] },
  { organ: 'airways', tissues: ['airway'] },
  { organ: 'stomach', tissues: ['stomach-wall', 'stomach-content', 'bowel-gas'] },
];
/** What belongs to the lobe it lies in; airways within the lungs are left to the airways. */
const LUNG_TISSUES = new Set(['lung-right', 'lung-left', 'lung-vessel']);
/** How far a vertebra with its processes reaches from the middle of its body, mm; ribs begin beyond. */
const VERTEBRA_REACH = { side: 42, front: 22, back: 62 } as const;
/** Half the distance to the next vertebra, as a part of the height of the body. */
const HALF_PITCH = 0.625;

const inside = (shapes: readonly Shape[], x: number, y: number, z: number): boolean =>
  shapes.some((shape) => {
    const { low, high } = shape.box;
    if (x < low[0] || x > high[0] || y < low[1] || y > high[1] || z < low[2] || z > high[2]) return false;
    return shape.contains(x, y, z);
  });

/**
 * The structures of an anatomy as a segmentation would name them: tissues joined to organs, lung vessels left to the
 * lung they lie in, windpipe and main bronchi (`airways`) apart from throat and lobar bronchi, bone near the spine divided between the vertebrae at the discs. The pelvis of a kidney belongs to
 * its kidney.
 */
export function drawStructures(
  labels: Volume<Uint8Array>,
  { canvas, spine }: Anatomy,
  mapping: Mapping,
): Volume<Uint8Array> {
  const table = Uint8Array.from(tissues, ({ name }) => value(OF_TISSUE[name as TissueName] ?? 'body'));
  const marked = MARKED.flatMap(({ organ, tissues: names }) => {
    const shapes = canvas.marks.get(organ);
    return shapes === undefined ? [] : [{ organ: value(organ), shapes, of: new Set(names.map(labelOf)) }];
  });
  const pelvis = labelOf('renal-pelvis');
  const vessel = labelOf('lung-vessel');
  const bone = value('bone');
  const placed = (tissue: number, plain: number, x: number, y: number, z: number): number => {
    const organ = marked.find(({ of, shapes }) => of.has(tissue) && inside(shapes, x, y, z));
    if (organ !== undefined) return organ.organ;
    if (tissue === pelvis) return value(x < 0 ? 'kidneyRight' : 'kidneyLeft');
    if (tissue === vessel) return value(x < 0 ? 'lungRight' : 'lungLeft');
    if (plain !== bone) return plain;
    const vertebra = spine.findIndex(
      ({ center, heightMm }) =>
        Math.abs(z - center[2]) <= heightMm * HALF_PITCH &&
        Math.abs(x) < VERTEBRA_REACH.side &&
        y > center[1] - VERTEBRA_REACH.front &&
        y < center[1] + VERTEBRA_REACH.back,
    );
    return vertebra < 0 ? plain : value('vertebraC1') + vertebra;
  };
  const needsPlace = Uint8Array.from(tissues, (_, tissue) =>
    table[tissue] === bone ||
    tissue === pelvis ||
    tissue === vessel ||
    marked.some(({ of }) => of.has(tissue))
      ? 1
      : 0,
  );
  const [nx, ny, nz] = labels.size;
  const { size, spacingMm, origin, direction } = labels;
  const data = new Uint8Array(labels.data.length);
  const at = new Float64Array(3);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const tissue = labels.data[n]!;
        data[n] = table[tissue]!;
        if (needsPlace[tissue] === 0) continue;
        mapping.toReference(
          origin[0] + i * spacingMm[0],
          origin[1] + j * spacingMm[1],
          origin[2] + k * spacingMm[2],
          at,
        );
        mapping.toAnatomy(at[0]!, at[1]!, at[2]!, at);
        data[n] = placed(tissue, table[tissue]!, at[0]!, at[1]!, at[2]!);
      }
  return { size, spacingMm, origin, direction, data, unit: '1' };
}

/** The lobes of an anatomy that has fissures, with the vessels that lie in them. */
export function drawLobes(
  labels: Volume<Uint8Array>,
  { fissures }: Anatomy,
  mapping: Mapping,
): Volume<Uint8Array> | undefined {
  if (fissures === undefined) return undefined;
  const isLung = Uint8Array.from(tissues, ({ name }) => Number(LUNG_TISSUES.has(name)));
  const [nx, ny, nz] = labels.size;
  const { size, spacingMm, origin, direction } = labels;
  const data = new Uint8Array(labels.data.length);
  const at = new Float64Array(3);
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (isLung[labels.data[n]!] === 0) continue;
        mapping.toReference(
          origin[0] + i * spacingMm[0],
          origin[1] + j * spacingMm[1],
          origin[2] + k * spacingMm[2],
          at,
        );
        mapping.toAnatomy(at[0]!, at[1]!, at[2]!, at);
        data[n] = fissures.lobeAt(at[0]!, at[1]!, at[2]!);
      }
  return { size, spacingMm, origin, direction, data, unit: '1' };
}
