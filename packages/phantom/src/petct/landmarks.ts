import type { Vec3 } from '@photopeak/imaging';
import { diaphragm } from './anatomy/index.ts';
import type { Mapping } from './mapping.ts';
import type { LandmarkTruth } from './truth.ts';

/** Anatomical points whose place in both frames is part of the truth. */
const points: readonly (readonly [name: string, at: Vec3])[] = [
  ['right diaphragm dome', [-72, -8, diaphragm(-72, -8)]],
  ['left diaphragm dome', [72, -2, diaphragm(72, -2)]],
  ['heart base', [10, -30, 80]],
  ['heart apex', [72, -58, 8]],
  ['liver centre', [-72, 0, -60]],
  ['spleen centre', [100, 44, -62]],
  ['right kidney centre', [-60, 34, -136]],
  ['left kidney centre', [60, 34, -122]],
  ['carina', [0, 12, 142]],
  ['right lung apex', [-55, 30, 240]],
  ['left lung apex', [55, 30, 240]],
  ['L3 vertebra', [0, 26, -150]],
  ['bladder centre', [0, -40, -364]],
  ['head centre', [0, 0, 420]],
];

export function findLandmarks(ct: Mapping, pet: Mapping): LandmarkTruth[] {
  return points.map(([name, at]) => {
    const reference = pet.fromAnatomy(at);
    return { name, petMm: pet.fromReference(reference), ctMm: ct.fromReference(reference) };
  });
}
