import {
  boundingBox,
  crop,
  type Grid,
  growBox,
  type Mask,
  PhotopeakError,
  type Volume,
} from '@photopeak/imaging';
import { ctOnPatientGrid, patientGrid } from '../sampling/index.ts';
import { segmentAirways } from './airways.ts';
import { segmentBody } from './body.ts';
import { segmentBones } from './bones.ts';
import { ANATOMY_LABELS, type StructureName, type StructureReport } from './labels.ts';
import { type Lungs, lungAir, segmentLungs } from './lungs.ts';

export interface CtAnatomy {
  /** The CT on the working grid: cubic voxels along the patient's axes, in HU. */
  readonly ct: Volume<Float32Array>;
  /** `ANATOMY_LABELS` on the same grid. */
  readonly labels: Volume<Uint8Array>;
  readonly structures: readonly StructureReport[];
}

export interface CtAnatomyOptions {
  /** Size of the cubic working voxels; default 3 mm, larger for a whole body so that they stay below 8 million. */
  readonly spacingMm?: number;
}

const FINEST_MM = 3;
const MOST_VOXELS = 8e6;
const SMALLEST_BODY_ML = 50;

/** The working spacing for a CT. */
function workingSpacingMm(ct: Grid): number {
  const probe = patientGrid(ct, 10);
  const mm3 = probe.size[0] * probe.size[1] * probe.size[2] * 1000;
  return Math.max(FINEST_MM, Math.cbrt(mm3 / MOST_VOXELS));
}

function countMl(grid: Grid, data: Uint8Array, label: number): number {
  let count = 0;
  for (let n = 0; n < data.length; n++) if (data[n] === label) count++;
  return (count * grid.spacingMm[0] * grid.spacingMm[1] * grid.spacingMm[2]) / 1000;
}

/** A margin of air stays around the body, so that its edge can be told from the edge of the scan. */
const MARGIN_VOXELS = 3;

function cropToBody(ct: Volume<Float32Array>, body: Mask): { ct: Volume<Float32Array>; body: Mask } {
  const box = boundingBox(body);
  if (box === undefined) return { ct, body };
  const wide = growBox(box, [MARGIN_VOXELS, MARGIN_VOXELS, MARGIN_VOXELS], ct);
  return { ct: crop(ct, wide), body: crop(body, wide) };
}

/** True where the mask reaches the first or last slice along an axis. */
function touches(mask: Mask, axis: 0 | 1 | 2): boolean {
  const [nx, ny] = mask.size;
  for (let n = 0; n < mask.data.length; n++) {
    if (mask.data[n] === 0) continue;
    const at = axis === 0 ? n % nx : axis === 1 ? Math.floor(n / nx) % ny : Math.floor(n / (nx * ny));
    if (at === 0 || at === mask.size[axis] - 1) return true;
  }
  return false;
}

function lungReport(
  name: 'lungRight' | 'lungLeft',
  grid: Grid,
  lungs: Lungs | undefined,
  data: Uint8Array,
): StructureReport {
  const volumeMl = countMl(grid, data, ANATOMY_LABELS[name]);
  if (lungs === undefined || volumeMl === 0)
    return { name, present: false, volumeMl: 0, confidence: 0, findings: ['no lung in the field of view'] };
  const mask = name === 'lungRight' ? lungs.right : lungs.left;
  const findings = [...lungs.findings];
  const cut = touches(mask, 2);
  if (cut) findings.push('reaches the end of the scan: only a part of it is seen');
  let confidence = lungs.findings.length > 0 || cut ? 0.5 : 1;
  if (!cut && volumeMl < 500) {
    confidence = Math.min(confidence, 0.5);
    findings.push(`small for a whole lung (${volumeMl.toFixed(0)} ml)`);
  }
  return { name, present: true, volumeMl, confidence, findings };
}

/**
 * Body, lungs, airways and bone of any CT: part of a body or all of it, in any order of axes, with or without table,
 * contrast and padding. Works on a copy of at most 8 million voxels; see `refineAnatomy` for the CT's own grid.
 *
 * What is not in the field of view is reported as absent. Fails with ANATOMY_NO_BODY where the CT shows no body.
 */
export async function segmentCtAnatomy(source: Volume, options: CtAnatomyOptions = {}): Promise<CtAnatomy> {
  const wide = ctOnPatientGrid(source, options.spacingMm ?? workingSpacingMm(source));
  const { ct, body } = cropToBody(wide, await segmentBody(wide));
  const bodyMl = countMl(ct, body.data, 1);
  if (bodyMl < SMALLEST_BODY_ML) {
    throw new PhotopeakError('The CT shows no body', {
      code: 'ANATOMY_NO_BODY',
      expected: `at least ${SMALLEST_BODY_ML} ml of tissue`,
      found: `${bodyMl.toFixed(0)} ml`,
      remedy: 'Check that the series is a CT of the patient with values in Hounsfield units.',
    });
  }
  const air = await lungAir(ct, body);
  const airways = segmentAirways(ct, body, air);
  const lungs = await segmentLungs(body, air, airways);
  const bones = await segmentBones(ct, body);

  const data = new Uint8Array(ct.data.length);
  for (let n = 0; n < data.length; n++) {
    if (body.data[n] === 0) continue;
    if (airways !== undefined && airways.data[n] !== 0) data[n] = ANATOMY_LABELS.airways;
    else if (bones.mask.data[n] !== 0) data[n] = ANATOMY_LABELS.bone;
    else if (lungs !== undefined && lungs.right.data[n] !== 0) data[n] = ANATOMY_LABELS.lungRight;
    else if (lungs !== undefined && lungs.left.data[n] !== 0) data[n] = ANATOMY_LABELS.lungLeft;
    else data[n] = ANATOMY_LABELS.body;
  }
  const bodyFindings: string[] = [];
  if (touches(body, 0) || touches(body, 1)) bodyFindings.push('cut off by the edge of the field of view');
  const boneMl = countMl(ct, data, ANATOMY_LABELS.bone);
  const airwayMl = countMl(ct, data, ANATOMY_LABELS.airways);
  const simple = (name: StructureName, volumeMl: number, findings: readonly string[], absent: string) => ({
    name,
    present: volumeMl > 0,
    volumeMl,
    confidence: volumeMl > 0 ? (findings.length > 0 ? 0.7 : 1) : 0,
    findings: volumeMl > 0 ? findings : [absent],
  });
  return {
    ct,
    labels: { ...ct, data, unit: '1' },
    structures: [
      {
        name: 'body',
        present: true,
        volumeMl: bodyMl,
        confidence: bodyFindings.length > 0 ? 0.7 : 1,
        findings: bodyFindings,
      },
      lungReport('lungRight', ct, lungs, data),
      lungReport('lungLeft', ct, lungs, data),
      simple('airways', airwayMl, [], 'no windpipe in the field of view'),
      simple('bone', boneMl, bones.findings, 'no bone in the field of view'),
    ],
  };
}

/** One structure as a mask on the working grid. */
export function structureMask(anatomy: CtAnatomy, ...names: readonly StructureName[]): Mask {
  const wanted = new Set<number>(names.map((name) => ANATOMY_LABELS[name]));
  const { labels } = anatomy;
  const data = new Uint8Array(labels.data.length);
  for (let n = 0; n < data.length; n++) if (wanted.has(labels.data[n]!)) data[n] = 1;
  return { ...labels, data };
}
