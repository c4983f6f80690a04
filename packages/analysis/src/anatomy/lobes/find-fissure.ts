import { emptyVolume, type Mask, type Volume } from '@photopeak/imaging';
import { labelsOnto, sampleOnto } from '../../sampling/index.ts';
import { type Evidence, fissureEvidence } from './evidence.ts';
import { type Frame, gridAlong, intoFrame } from './frame.ts';
import { cheapestSurface, smoothSurface } from './surface.ts';

/** Voxels of the frame from one node of the surface to the next. */
const STRIDE = 3;
const OUTSIDE_HU = -1000;
/** So far from the expected plane a fissure is sought. */
const REACH_MM = 40;
/** A step of one level between neighbouring nodes. */
const STEP_COST = 0.12;
/**
 * A fissure has no large vessels: from this part of the surroundings on they cost so much of what a clear sheet gains.
 * More would bend the surface around the vessels of the hilum.
 */
const VESSEL_PART = 0.12;
const VESSEL_COST = 0.75;
/** Cost of the farthest place from the expected plane. */
const FAR_COST = 0.25;
const STIFFNESS = 4;
/** A node without a sheet still follows the gap between the vessels, so much more loosely. */
const LOOSE = 0.03;
/** Between these distances from the surface nothing of the fissure is seen, only what looks like one. */
const BESIDE_MM = [7, 20] as const;

/** A fissure as a surface over the plane of its frame, and how much of it is seen. */
export interface Fissure {
  readonly frame: Frame;
  /** Of the first node in the frame, mm. */
  readonly firstMm: readonly [u: number, v: number];
  readonly stepMm: number;
  readonly nodes: readonly [nu: number, nv: number];
  /** Height w of each node, mm. */
  readonly heightsMm: Float32Array;
  /** Part of its nodes inside the lung where CT shows a sheet, beyond what chance shows beside it; 0 to 1. */
  readonly seen: number;
}

/** Distance of a point above (towards the head) or below a fissure, across the expected plane, mm. */
export function aboveFissure(fissure: Fissure, x: number, y: number, z: number): number {
  const [u, v, w] = intoFrame(fissure.frame, x, y, z);
  const [nu, nv] = fissure.nodes;
  const a = Math.min(nu - 1, Math.max(0, (u - fissure.firstMm[0]) / fissure.stepMm));
  const b = Math.min(nv - 1, Math.max(0, (v - fissure.firstMm[1]) / fissure.stepMm));
  const i = Math.min(nu - 2, Math.floor(a));
  const j = Math.min(nv - 2, Math.floor(b));
  const [fa, fb] = [a - i, b - j];
  const n = i + nu * j;
  const h = fissure.heightsMm;
  const near = h[n]! + fa * (h[n + 1]! - h[n]!);
  const far = h[n + nu]! + fa * (h[n + nu + 1]! - h[n + nu]!);
  return w - (near + fb * (far - near));
}

/**
 * The fissure near an expected plane through a part of a lung: the surface of least cost through what looks like a
 * bright sheet and away from vessels, made smooth. `ct` in HU on any grid; `isInside` says which voxels of `labels`
 * (patient grid) are the part of the lung that the fissure runs through. Undefined where that is too small.
 */
export async function findFissure(
  ct: Volume,
  labels: Volume<Uint8Array>,
  isInside: (n: number) => boolean,
  frame: Frame,
): Promise<Fissure | undefined> {
  const grid = gridAlong(frame, labels, isInside, REACH_MM);
  if (grid === undefined || grid.size[0] < 4 * STRIDE || grid.size[1] < 4 * STRIDE) return undefined;
  const inside = emptyVolume(labels, 'uint8', '1');
  for (let n = 0; n < inside.data.length; n++) inside.data[n] = isInside(n) ? 1 : 0;
  const lung: Mask = labelsOnto(inside, grid);
  const evidence = await fissureEvidence(sampleOnto(ct, grid, { outside: OUTSIDE_HU }), lung);
  const [nx, ny, levels] = grid.size;
  const nu = Math.ceil(nx / STRIDE);
  const nv = Math.ceil(ny / STRIDE);
  const nodeVoxel = (node: number) => {
    const i = Math.min(nx - 1, STRIDE * (node % nu));
    const j = Math.min(ny - 1, STRIDE * Math.floor(node / nu));
    return i + nx * j;
  };
  const cost = costsOf(evidence, nx * ny, nu * nv, levels, nodeVoxel);
  const found = cheapestSurface({ nu, nv, levels, cost }, STEP_COST);
  const mm = grid.spacingMm[2];
  const heights = found.map((level) => level * mm - REACH_MM);
  const weights = found.map((level, node) => {
    const at = nodeVoxel(node) + nx * ny * level;
    if (evidence.depthMm[at] === 0) return 0;
    return LOOSE + evidence.sheet[at]!;
  });
  const heightsMm = smoothSurface(nu, nv, heights, weights, STIFFNESS);
  const corner = intoFrame(frame, ...grid.origin);
  return {
    frame,
    firstMm: [corner[0], corner[1]],
    stepMm: STRIDE * grid.spacingMm[0],
    nodes: [nu, nv],
    heightsMm,
    seen: seenPart(evidence, heightsMm, { perLevel: nx * ny, levels, mm, nodeVoxel }),
  };
}

/** Each node sees the voxels between it and the next ones: the best sheet, the mean of the vessels. */
function costsOf(
  { depthMm, sheet, vessels }: Evidence,
  perLevel: number,
  nodes: number,
  levels: number,
  nodeVoxel: (node: number) => number,
): Float32Array {
  const cost = new Float32Array(nodes * levels);
  for (let node = 0; node < nodes; node++)
    for (let level = 0; level < levels; level++) {
      const at = nodeVoxel(node) + perLevel * level;
      const far = (2 * level) / (levels - 1) - 1;
      const place = FAR_COST * far * far;
      cost[level + levels * node] =
        depthMm[at] === 0 ? 0 : place + VESSEL_COST * Math.min(1, vessels[at]! / VESSEL_PART) - sheet[at]!;
    }
  return cost;
}

interface Stack {
  readonly perLevel: number;
  readonly levels: number;
  readonly mm: number;
  readonly nodeVoxel: (node: number) => number;
}

/** A sheet counts that is clearer than nine in ten places beside the fissure. */
const CHANCE = 0.1;

/** Part of the nodes with a sheet at the surface, less what chance gives, as a share of what could be seen. */
function seenPart(
  { depthMm, sheet }: Evidence,
  heightsMm: Float32Array,
  { perLevel, levels, mm, nodeVoxel }: Stack,
): number {
  /** The clearest sheet within a voxel of a level. */
  const clearest = (node: number, level: number): number | undefined => {
    if (level < 1 || level > levels - 2) return undefined;
    const at = nodeVoxel(node) + perLevel * level;
    if (depthMm[at]! < 6) return undefined;
    return Math.max(sheet[at]!, sheet[at - perLevel]!, sheet[at + perLevel]!);
  };
  const beside: number[] = [];
  const on: number[] = [];
  const [near, farther] = BESIDE_MM.map((away) => Math.round(away / mm)) as [number, number];
  for (let node = 0; node < heightsMm.length; node++) {
    const level = Math.round((heightsMm[node]! + REACH_MM) / mm);
    const here = clearest(node, level);
    if (here === undefined) continue;
    on.push(here);
    for (let away = near; away <= farther; away += 3)
      for (const sign of [-1, 1]) {
        const value = clearest(node, level + sign * away);
        if (value !== undefined) beside.push(value);
      }
  }
  if (on.length === 0 || beside.length === 0) return 0;
  beside.sort((a, b) => a - b);
  const level = Math.max(0.05, beside[Math.floor((1 - CHANCE) * beside.length)]!);
  const share = on.filter((value) => value > level).length / on.length;
  return Math.max(0, (share - CHANCE) / (1 - CHANCE));
}
