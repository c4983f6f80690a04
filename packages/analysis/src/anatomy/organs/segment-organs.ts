import { fillHoles, labelMask, type Volume } from '@photopeak/imaging';
import { ANATOMY_LABELS, type StructureReport } from '../labels.ts';
import type { CtAnatomy } from '../segment-ct.ts';
import { segmentAorta } from './aorta.ts';
import { segmentBladder } from './bladder.ts';
import { segmentBrain } from './brain.ts';
import { organConfidence } from './confidence.ts';
import { isFound, type OrganOutcome } from './find.ts';
import { findFork } from './fork.ts';
import { segmentHeart } from './heart.ts';
import { hipLevel } from './hips.ts';
import { segmentKidneys } from './kidneys.ts';
import { type L3Plane, l3Plane } from './l3-plane.ts';
import { segmentLiver } from './liver.ts';
import { type CtStructureName, ORGAN_LABELS, type OrganName, type VertebraStructure } from './names.ts';
import { toTheEdge } from './parts.ts';
import { segmentSpinalCanal } from './spinal-canal.ts';
import { type NamedVertebra, nameVertebrae } from './spine.ts';
import { spineAnchors } from './spine-anchors.ts';
import { segmentSpleen } from './spleen.ts';
import { segmentStomach } from './stomach.ts';
import { describeTrunk, type Trunk } from './trunk.ts';
import { labelVertebrae } from './vertebra-masks.ts';

export interface CtStructureReport extends Omit<StructureReport, 'name'> {
  readonly name: CtStructureName;
  /** Of an organ: how well place and shape fit, the raw ground of the confidence. */
  readonly fit?: number;
}

export interface OrganAnatomy {
  /** `ORGAN_LABELS` on the working grid of the anatomy. */
  readonly labels: Volume<Uint8Array>;
  /**
   * Coarse structures as `segmentCtAnatomy` reports them, then organs and the vertebrae in the scan. The confidence of
   * an organ is the calibrated probability of a good outline (Dice at least 0.75, docs/anatomy.md), that of a vertebra
   * the probability of its name.
   */
  readonly structures: readonly CtStructureReport[];
  readonly vertebrae: readonly NamedVertebra[];
  /** For muscle and fat at L3 (`measureComposition`); undefined where it is not in the scan. */
  readonly l3: L3Plane | undefined;
}

/**
 * Brain, heart, aorta, liver, spleen, kidneys, stomach, bladder, the vertebrae by name and their canal, from the working grid of
 * `segmentCtAnatomy`. What is not found is reported with the reason. About 60 bytes a working voxel are held.
 */
export async function segmentOrgans(anatomy: CtAnatomy): Promise<OrganAnatomy> {
  const trunk = await describeTrunk(anatomy);
  const labels = { ...anatomy.labels, data: anatomy.labels.data.slice() };
  /** Voxels that have an owner: organs as they are found, bone with its marrow. */
  const taken = new Uint8Array(labels.data.length);
  const reports: CtStructureReport[] = [];
  const place = async (name: OrganName, outcome: OrganOutcome, adjust = true) => {
    if (!isFound(outcome)) {
      reports.push({
        name,
        present: false,
        volumeMl: 0,
        confidence: 0,
        findings: [`not found, because ${outcome.absent}`],
      });
      return;
    }
    const mask = adjust ? await toTheEdge(trunk, outcome, taken) : outcome.mask;
    let count = 0;
    for (let n = 0; n < taken.length; n++) {
      if (mask.data[n] === 0 || (taken[n] !== 0 && taken[n] !== ANATOMY_LABELS.bone)) continue;
      labels.data[n] = ORGAN_LABELS[name];
      taken[n] = ORGAN_LABELS[name];
      count++;
    }
    const volumeMl = count * trunk.voxelMl;
    reports.push({
      name,
      present: true,
      volumeMl,
      fit: outcome.fit,
      ...organConfidence(trunk, name, { ...outcome, mask }, volumeMl),
    });
  };

  await place('brain', await segmentBrain(trunk));
  await takeBones(trunk, taken);
  const fork = findFork(trunk);
  const hips = hipLevel(trunk);
  const aorta = await segmentAorta(trunk, fork);
  await place('aorta', aorta, false);
  await place('heart', await segmentHeart(trunk, taken));
  await place('liver', await segmentLiver(trunk));
  await place('spleen', await segmentSpleen(trunk, taken));
  const kidneys = await segmentKidneys(trunk, taken);
  await place('kidneyRight', kidneys.right);
  await place('kidneyLeft', kidneys.left);
  await place('stomach', await segmentStomach(trunk, taken));
  await place('bladder', await segmentBladder(trunk, hips, taken));

  const brainBottomZ = lowestZ(trunk, labels.data, ORGAN_LABELS.brain);
  const anchors = spineAnchors(trunk, {
    brainBottomZ,
    hipZ: hips?.z,
    forkZ: fork === undefined ? undefined : trunk.z(fork.k),
  });
  const vertebrae = nameVertebrae(trunk, anchors, {
    topZ: brainBottomZ ?? trunk.z(labels.size[2] - 1),
    bottomZ: trunk.z(0),
  });
  await place('spinalCanal', segmentSpinalCanal(trunk, vertebrae), false);
  const volumes = labelVertebrae(trunk, labels.data, vertebrae);
  return {
    labels,
    vertebrae,
    l3: l3Plane(trunk, vertebrae),
    structures: [
      ...anatomy.structures,
      ...reports,
      ...vertebrae.map((vertebra, index) => describeVertebra(vertebra, volumes[index]!)),
    ],
  };
}

/** Bone with marrow and the canal of the spine, save the inside of the skull. */
async function takeBones(trunk: Trunk, taken: Uint8Array): Promise<void> {
  const bones = await fillHoles(labelMask(trunk.labels, ANATOMY_LABELS.bone), { perSlice: 2 });
  for (let n = 0; n < taken.length; n++)
    if (taken[n] === 0 && bones.data[n] !== 0) taken[n] = ANATOMY_LABELS.bone;
}

function lowestZ(trunk: Trunk, data: Uint8Array, label: number): number | undefined {
  const first = data.indexOf(label);
  return first < 0 ? undefined : trunk.z(Math.floor(first / (trunk.labels.size[0] * trunk.labels.size[1])));
}

function describeVertebra({ name, confidence, isCut }: NamedVertebra, volumeMl: number): CtStructureReport {
  const findings = isCut ? ['reaches the end of the scan: only a part of it is seen'] : [];
  if (confidence < 0.8) findings.push('may be its neighbour: the scan shows too little to count from');
  return {
    name: `vertebra${name}` satisfies VertebraStructure,
    present: volumeMl > 0,
    volumeMl,
    confidence,
    findings,
  };
}
