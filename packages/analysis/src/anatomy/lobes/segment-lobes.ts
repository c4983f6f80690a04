import { type Volume, voxelVolumeMl } from '@photopeak/imaging';
import { ANATOMY_LABELS, type StructureReport } from '../labels.ts';
import type { CtAnatomy } from '../segment-ct.ts';
import { aboveFissure, type Fissure, findFissure } from './find-fissure.ts';
import { frameOf } from './frame.ts';

/** Values of the label map of the lobes. */
export const LOBE_LABELS = {
  lobeRightUpper: 1,
  lobeRightMiddle: 2,
  lobeRightLower: 3,
  lobeLeftUpper: 4,
  lobeLeftLower: 5,
} as const;
export type LobeName = keyof typeof LOBE_LABELS;
export const lobeNames = Object.keys(LOBE_LABELS) as readonly LobeName[];

export type FissureName = 'obliqueRight' | 'horizontalRight' | 'obliqueLeft';

export interface LobeReport extends Omit<StructureReport, 'name'> {
  readonly name: LobeName;
}

export interface LungLobes {
  readonly fissures: Readonly<Partial<Record<FissureName, Fissure>>>;
  readonly structures: readonly LobeReport[];
}

/** On thicker slices a fissure is spread over its neighbours until nothing of it is left. */
const THICKEST_MM = 4;

type Side = 'right' | 'left';

/** Where a lung lies, LPS mm. */
interface LungBox {
  readonly x: number;
  readonly front: number;
  readonly back: number;
  readonly apex: number;
  /** Height of the top of the diaphragm. */
  readonly dome: number;
}

/**
 * The oblique fissure of an adult rises from the front edge of the base to the back at this part of the height between
 * dome and apex (T3 to T5), a little higher on the left.
 */
const BACK_HEIGHT = { right: 0.72, left: 0.78 } as const;
const FRONT_HEIGHT = 0.02;
/** The horizontal fissure falls a little forwards, and meets the oblique one near the middle of the lung. */
const HORIZONTAL_SLOPE = 0.15;
const HORIZONTAL_ABOVE_MM = 14;
const SMALLEST_LUNG_ML = 500;

const LUNG = { right: ANATOMY_LABELS.lungRight, left: ANATOMY_LABELS.lungLeft } as const;

function lungBox(labels: Volume<Uint8Array>, side: Side): LungBox | undefined {
  const value = LUNG[side];
  const [nx, ny, nz] = labels.size;
  const at = [new Float64Array(nx), new Float64Array(ny), new Float64Array(nz)] as const;
  const lowest = new Int32Array(nx * ny).fill(-1);
  let count = 0;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        if (labels.data[n] !== value) continue;
        at[0][i]!++;
        at[1][j]!++;
        at[2][k]!++;
        count++;
        if (lowest[i + nx * j] === -1) lowest[i + nx * j] = k;
      }
  if (count * voxelVolumeMl(labels) < SMALLEST_LUNG_ML) return undefined;
  const quantile = (axis: 0 | 1 | 2, share: number): number => {
    let seen = 0;
    const index = at[axis].findIndex((one) => {
      seen += one;
      return seen >= share * count;
    });
    return labels.origin[axis] + index * labels.spacingMm[axis];
  };
  const floors: number[] = [];
  const [x0, x1, y0, y1] = [quantile(0, 0.3), quantile(0, 0.7), quantile(1, 0.3), quantile(1, 0.7)];
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const k = lowest[i + nx * j]!;
      const x = labels.origin[0] + i * labels.spacingMm[0];
      const y = labels.origin[1] + j * labels.spacingMm[1];
      if (k >= 0 && x >= x0 && x <= x1 && y >= y0 && y <= y1)
        floors.push(labels.origin[2] + k * labels.spacingMm[2]);
    }
  floors.sort((a, b) => a - b);
  return {
    x: quantile(0, 0.5),
    front: quantile(1, 0.01),
    back: quantile(1, 0.99),
    apex: quantile(2, 0.998),
    dome: floors[floors.length >> 1] ?? quantile(2, 0.1),
  };
}

function obliqueFrame(box: LungBox, side: Side) {
  const height = box.apex - box.dome;
  const [front, back] = [box.dome + FRONT_HEIGHT * height, box.dome + BACK_HEIGHT[side] * height];
  return frameOf(
    [box.x, (box.front + box.back) / 2, (front + back) / 2],
    (back - front) / (box.back - box.front),
  );
}

/** Calls `visit` for each voxel of a grid along the patient's axes or any other. */
function eachPoint(
  grid: Volume<Uint8Array>,
  visit: (n: number, x: number, y: number, z: number) => void,
): void {
  const [nx, ny, nz] = grid.size;
  const [dx, dy, dz] = grid.spacingMm;
  const d = grid.direction;
  const [ox, oy, oz] = grid.origin;
  for (let k = 0, n = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, n++) {
        const value = grid.data[n];
        if (value !== LUNG.right && value !== LUNG.left) continue;
        const [a, b, c] = [i * dx, j * dy, k * dz];
        visit(
          n,
          ox + d[0] * a + d[1] * b + d[2] * c,
          oy + d[3] * a + d[4] * b + d[5] * c,
          oz + d[6] * a + d[7] * b + d[8] * c,
        );
      }
}

/**
 * Lobes on the grid of `labels` (`ANATOMY_LABELS` or `ORGAN_LABELS`, working grid or refined): each voxel of a lung by
 * the fissures that it lies above or below. Values are `LOBE_LABELS`; lobes that were left out stay 0.
 */
export function drawLobes(
  labels: Volume<Uint8Array>,
  { fissures, structures }: LungLobes,
): Volume<Uint8Array> {
  const { obliqueRight, horizontalRight, obliqueLeft } = fissures;
  const drawn = new Set(structures.filter(({ present }) => present).map(({ name }) => LOBE_LABELS[name]));
  const data = new Uint8Array(labels.data.length);
  eachPoint(labels, (n, x, y, z) => {
    const isRight = labels.data[n] === LUNG.right;
    const oblique = isRight ? obliqueRight : obliqueLeft;
    if (oblique === undefined) return;
    const isLower = aboveFissure(oblique, x, y, z) < 0;
    const isUpper = !isRight || horizontalRight === undefined || aboveFissure(horizontalRight, x, y, z) >= 0;
    const lobe = isRight
      ? isLower
        ? LOBE_LABELS.lobeRightLower
        : isUpper
          ? LOBE_LABELS.lobeRightUpper
          : LOBE_LABELS.lobeRightMiddle
      : isLower
        ? LOBE_LABELS.lobeLeftLower
        : LOBE_LABELS.lobeLeftUpper;
    if (drawn.has(lobe)) data[n] = lobe;
  });
  return { ...labels, data, unit: '1' };
}

/** The fissures that bound each lobe. */
const BOUNDS: Record<LobeName, readonly FissureName[]> = {
  lobeRightUpper: ['obliqueRight', 'horizontalRight'],
  lobeRightMiddle: ['obliqueRight', 'horizontalRight'],
  lobeRightLower: ['obliqueRight'],
  lobeLeftUpper: ['obliqueLeft'],
  lobeLeftLower: ['obliqueLeft'],
};

const FISSURE_WORDS: Record<FissureName, string> = {
  obliqueRight: 'oblique fissure of the right lung',
  horizontalRight: 'horizontal fissure',
  obliqueLeft: 'oblique fissure of the left lung',
};

/** Below it the border would be a guess: what is seen could be chance. */
const LEAST_SEEN = 0.15;
/** Below it the border is said to follow the vessels in part. */
const WELL_SEEN = 0.6;
/** Log-odds of the confidence by the part of the fissures that is seen: a rule of thumb, not calibrated. */
const CONFIDENCE = { offset: -1.5, slope: 7 } as const;

const leftOut = (name: LobeName, why: string): LobeReport => ({
  name,
  present: false,
  volumeMl: 0,
  confidence: 0,
  findings: [`left out, because ${why}`],
});

function report(
  name: LobeName,
  fissures: LungLobes['fissures'],
  isWhole: (side: Side) => boolean | undefined,
): LobeReport {
  const side: Side = name.startsWith('lobeRight') ? 'right' : 'left';
  const whole = isWhole(side);
  if (whole === undefined) return leftOut(name, `no whole ${side} lung is in the scan`);
  const findings: string[] = [];
  let least = 1;
  for (const bound of BOUNDS[name]) {
    const fissure = fissures[bound];
    const part = fissure?.seen ?? 0;
    if (part < LEAST_SEEN)
      return leftOut(
        name,
        `CT does not show the ${FISSURE_WORDS[bound]} (${Math.round(100 * part)} % of it)`,
      );
    if (part < WELL_SEEN)
      findings.push(
        `CT shows ${Math.round(100 * part)} % of the ${FISSURE_WORDS[bound]}; elsewhere the border follows it and the vessels`,
      );
    least = Math.min(least, part);
  }
  let confidence = 1 / (1 + Math.exp(-(CONFIDENCE.offset + CONFIDENCE.slope * least)));
  if (!whole) {
    findings.push('the lung reaches the end of the scan: only a part of it is seen');
    confidence *= 0.5;
  }
  return { name, present: true, volumeMl: 0, confidence, findings };
}

/**
 * The lobes of the lungs by their fissures, from the CT on its own grid (HU) and its anatomy. A lobe whose fissure CT
 * does not show is left out with the reason. Holds about 40 bytes a voxel of 1.5 mm within 4 cm of a fissure: some
 * 40 MiB.
 */
export async function segmentLobes(ct: Volume, { labels, structures }: CtAnatomy): Promise<LungLobes> {
  const thickest = Math.max(...ct.spacingMm);
  if (thickest > THICKEST_MM)
    return {
      fissures: {},
      structures: lobeNames.map((name) =>
        leftOut(name, `voxels of ${thickest.toFixed(1)} mm are too thick for a fissure to be seen`),
      ),
    };
  const right = lungBox(labels, 'right');
  const left = lungBox(labels, 'left');
  const inside = (side: Side) => (n: number) => labels.data[n] === LUNG[side];
  const seek = (box: LungBox | undefined, side: Side) =>
    box === undefined ? undefined : findFissure(ct, labels, inside(side), obliqueFrame(box, side));
  const obliqueRight = await seek(right, 'right');
  const obliqueLeft = await seek(left, 'left');
  const horizontalRight =
    right === undefined || obliqueRight === undefined
      ? undefined
      : await findHorizontal(ct, labels, right, obliqueRight);
  const fissures = {
    ...(obliqueRight === undefined ? {} : { obliqueRight }),
    ...(horizontalRight === undefined ? {} : { horizontalRight }),
    ...(obliqueLeft === undefined ? {} : { obliqueLeft }),
  };
  const isWhole = (side: Side): boolean | undefined => {
    if ((side === 'right' ? right : left) === undefined) return undefined;
    const lung = structures.find(({ name }) => name === (side === 'right' ? 'lungRight' : 'lungLeft'));
    return !lung!.findings.some((finding) => finding.startsWith('reaches the end'));
  };
  const reports = lobeNames.map((name) => report(name, fissures, isWhole));
  const drawn = drawLobes(labels, { fissures, structures: reports });
  const counts = new Float64Array(6);
  for (const value of drawn.data) counts[value]!++;
  const ml = voxelVolumeMl(labels);
  return {
    fissures,
    structures: reports.map((one) => ({ ...one, volumeMl: counts[LOBE_LABELS[one.name]]! * ml })),
  };
}

/** The horizontal fissure in what lies above the oblique one. */
async function findHorizontal(
  ct: Volume,
  labels: Volume<Uint8Array>,
  box: LungBox,
  oblique: Fissure,
): Promise<Fissure | undefined> {
  const upper = new Uint8Array(labels.data.length);
  eachPoint(labels, (n, x, y, z) => {
    if (labels.data[n] === LUNG.right && aboveFissure(oblique, x, y, z) > 0) upper[n] = 1;
  });
  const middleY = (box.front + box.back) / 2;
  // The oblique fissure at the middle of the lung: the plane of its frame passes through it.
  const z = oblique.frame.origin[2] - aboveFissure(oblique, ...oblique.frame.origin) / oblique.frame.cos;
  const y = box.front + (box.back - box.front) / 4;
  const frame = frameOf(
    [box.x, y, z + HORIZONTAL_ABOVE_MM - HORIZONTAL_SLOPE * (middleY - y)],
    HORIZONTAL_SLOPE,
  );
  return findFissure(ct, labels, (n) => upper[n] !== 0, frame);
}
