import { ANATOMY_LABELS } from '../labels.ts';
import type { Trunk } from './trunk.ts';
import { VERTEBRAE, type VertebraName } from './vertebrae.ts';

/** A landmark that lies at a known boundary: `boundary` 0 is the top of C1, n the lower end of vertebra n. */
export interface SpineAnchor {
  readonly name: string;
  readonly boundary: number;
  readonly z: number;
  readonly sdMm: number;
}

/** Where a boundary usually lies against what is seen elsewhere in the body; see the table in docs/anatomy.md. */
export function spineAnchors(
  trunk: Trunk,
  seen: {
    readonly brainBottomZ: number | undefined;
    readonly hipZ: number | undefined;
    readonly forkZ: number | undefined;
  },
): SpineAnchor[] {
  const anchors: SpineAnchor[] = [];
  const boundaryAfter = (name: VertebraName) => VERTEBRAE.findIndex((v) => v.name === name) + 1;
  const { marks, diaphragm, labels } = trunk;
  const topZ = trunk.z(labels.size[2] - 1);
  if (seen.brainBottomZ !== undefined)
    anchors.push({ name: 'lower end of the brain', boundary: 0, z: seen.brainBottomZ - 16, sdMm: 11 });
  if (marks.lungs !== undefined && marks.lungs.apexZ < topZ - 8)
    anchors.push({
      name: 'apex of the lungs',
      boundary: boundaryAfter('C7'),
      z: marks.lungs.apexZ + 2,
      sdMm: 14,
    });
  if (seen.forkZ !== undefined)
    anchors.push({ name: 'fork of the windpipe', boundary: boundaryAfter('T5'), z: seen.forkZ, sdMm: 18 });
  if (diaphragm?.domeRight !== undefined)
    anchors.push({ name: 'right dome', boundary: boundaryAfter('T10'), z: diaphragm.domeRight, sdMm: 28 });
  const rib = lowestRib(trunk);
  if (rib !== undefined)
    anchors.push({ name: 'lowest rib', boundary: boundaryAfter('T12'), z: rib - 4, sdMm: 14 });
  const crest = seen.hipZ === undefined ? undefined : iliacCrest(trunk, seen.hipZ);
  if (crest !== undefined)
    anchors.push({ name: 'iliac crest', boundary: boundaryAfter('L4'), z: crest, sdMm: 15 });
  return anchors;
}

const RIB_BAND_MM = [46, 66] as const;
/** Of the front of the vertebrae: kidneys full of contrast medium lie further in front. */
const RIB_BEHIND_MM = [38, 85] as const;
const RIB_HU = 240;
const SMALLEST_RIB_MM2 = 25;
const LUNGLESS_RIB_MM = 120;

/** Lowest slice with a rib close beside the spine on both sides, searched downwards from the floor of the lungs. */
function lowestRib(trunk: Trunk): number | undefined {
  const { ct, labels, marks, spineX, spineFront } = trunk;
  if (marks.lungs === undefined) return undefined;
  const [nx, ny] = labels.size;
  const mm2 = labels.spacingMm[0] ** 2;
  let lowest: number | undefined;
  let gap = 0;
  const start = Math.round((marks.lungs.baseZ + 30 - labels.origin[2]) / labels.spacingMm[2]);
  for (let k = Math.min(labels.size[2] - 1, start); k >= 0; k--) {
    if (marks.lungs.baseZ - trunk.z(k) > LUNGLESS_RIB_MM) break;
    const area = [0, 0];
    for (let j = 0; j < ny; j++) {
      const behind = trunk.y(j) - spineFront[k]!;
      if (behind < RIB_BEHIND_MM[0] || behind > RIB_BEHIND_MM[1]) continue;
      for (let i = 0; i < nx; i++) {
        const aside = trunk.x(i) - spineX[k]!;
        if (Math.abs(aside) < RIB_BAND_MM[0] || Math.abs(aside) > RIB_BAND_MM[1]) continue;
        const n = i + nx * (j + ny * k);
        if (labels.data[n] === ANATOMY_LABELS.bone && ct.data[n]! > RIB_HU) area[aside < 0 ? 0 : 1]! += mm2;
      }
    }
    if (Math.max(area[0]!, area[1]!) >= SMALLEST_RIB_MM2) {
      lowest = trunk.z(k);
      gap = 0;
    } else if (lowest !== undefined && ++gap * labels.spacingMm[2] > 30) return k > 0 ? lowest : undefined;
  }
  return lowest !== undefined && lowest > trunk.z(0) + 20 ? lowest : undefined;
}

/** Top of the iliac wings: upwards from the hips until no bone lies at the side. */
function iliacCrest(trunk: Trunk, hipZ: number): number | undefined {
  const { labels, midX } = trunk;
  const [nx, ny, nz] = labels.size;
  const mm = labels.spacingMm[2];
  const mm2 = labels.spacingMm[0] ** 2;
  let top: number | undefined;
  let gap = 0;
  for (let k = Math.max(0, Math.round((hipZ - labels.origin[2]) / mm)); k < nz; k++) {
    if (trunk.z(k) - hipZ > 230) return undefined;
    const area = [0, 0];
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const aside = trunk.x(i) - midX[k]!;
        if (Math.abs(aside) < 55 || Math.abs(aside) > 150) continue;
        if (labels.data[i + nx * (j + ny * k)] === ANATOMY_LABELS.bone) area[aside < 0 ? 0 : 1]! += mm2;
      }
    if (Math.min(area[0]!, area[1]!) > 60) {
      top = trunk.z(k);
      gap = 0;
    } else if (++gap * mm > 9) return top;
  }
  return undefined;
}
