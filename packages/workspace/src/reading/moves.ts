import {
  add,
  brightestAlong,
  dot,
  extentAlong,
  type Grid,
  type PaneKind,
  scale,
  stepAlong,
  type Vec3,
  viewVectors,
  voxelAt,
} from '../geometry/index.ts';
import { type ReadingContext, shownLesions, state } from './context.ts';
import type { PaneDefinition, PaneShow } from './layouts.ts';
import type { Lesion } from './lesions.ts';
import type { ReadingModel } from './model.ts';
import { type Frame, goTo } from './reading-state.ts';

/** The frame of reference in which a pane moves. */
export function frameOf(show: PaneShow): Frame {
  return show === 'pet' ? 'pet' : 'ct';
}

/** The volume whose planes a pane pages through. */
export function baseGrid(model: ReadingModel, show: PaneShow): Grid | undefined {
  const { ctPicture: ct, petPicture } = model;
  return show === 'pet' ? (petPicture ?? ct) : (ct ?? petPicture);
}

/** Towards the feet, the back and the patient's left. */
const forwards: Readonly<Record<Exclude<PaneKind, 'mip'>, Vec3>> = {
  axial: [0, 0, -1],
  coronal: [0, 1, 0],
  sagittal: [1, 0, 0],
};

/** Pages by whole planes; stops at the ends of the volume. */
export function page(context: ReadingContext, definition: PaneDefinition, planes: number): void {
  if (definition.kind === 'mip') return;
  const grid = baseGrid(context.model, definition.show);
  if (grid === undefined) return;
  const direction = forwards[definition.kind];
  const frame = frameOf(definition.show);
  const point = state(context).points[frame];
  const [low, high] = extentAlong(grid, direction);
  const at = dot(point, direction);
  const wanted = Math.min(Math.max(at + planes * stepAlong(grid, direction), low), high);
  goTo(context.store, frame, add(point, scale(direction, wanted - at)));
}

/** Number of the plane from the head, the front or the right, and how many there are. */
export function planeNumber(
  grid: Grid,
  kind: Exclude<PaneKind, 'mip'>,
  point: Vec3,
): readonly [number, number] {
  const direction = forwards[kind];
  const [low, high] = extentAlong(grid, direction);
  const step = stepAlong(grid, direction);
  const count = Math.round((high - low) / step) + 1;
  const index = Math.round((dot(point, direction) - low) / step);
  return [Math.min(Math.max(index, 0), count - 1) + 1, count];
}

/** Where a position in a pane lies: on its plane, or in a projection at the brightest voxel behind it. */
export function pointUnder(
  context: ReadingContext,
  definition: PaneDefinition,
  x: number,
  y: number,
): Vec3 | undefined {
  const pane = context.panes.get(definition.id);
  if (pane === undefined || !pane.isReady) return undefined;
  const onPlane = pane.toWorld(x, y);
  if (definition.kind !== 'mip') return onPlane;
  const { pet, petPicture, deformation } = context.model;
  const seen = deformation === undefined ? pet : petPicture;
  if (seen === undefined) return undefined;
  const { normal } = viewVectors('mip', state(context).azimuthDegrees);
  return brightestAlong(seen, onPlane, normal)?.point;
}

/** The region that holds a point, the smallest first where several do. */
export function lesionAt(context: ReadingContext, point: Vec3): Lesion | undefined {
  return shownLesions(context)
    .filter((lesion) => {
      const shape = context.model.shapes.get(lesion.id);
      return shape !== undefined && voxelAt({ ...shape.grid, data: shape.mask }, point) === 1;
    })
    .sort((a, b) => a.measured.voxels - b.measured.voxels)[0];
}

/** Triangulation: every pane goes to the point, and the region under it is selected in the table. */
export function triangulate(context: ReadingContext, definition: PaneDefinition, point: Vec3): void {
  const frame = frameOf(definition.show);
  goTo(context.store, frame, point);
  if (frame === 'ct' && !state(context).isLinked) return;
  const lesion = lesionAt(context, point);
  if (lesion !== undefined) context.store.setState({ selected: lesion.id });
}

/** The other way: a line of the table moves the pictures. */
export function showLesion(context: ReadingContext, lesion: Lesion | undefined): void {
  if (lesion === undefined) return;
  context.store.setState({ selected: lesion.id });
  goTo(context.store, 'pet', lesion.position);
}

export function stepLesion(context: ReadingContext, by: 1 | -1): void {
  const lesions = shownLesions(context);
  if (lesions.length === 0) return;
  const at = lesions.findIndex((lesion) => lesion.id === state(context).selected);
  const next = at < 0 ? (by === 1 ? 0 : lesions.length - 1) : (at + by + lesions.length) % lesions.length;
  showLesion(context, lesions[next]);
}

/** Middle of the volumes, or the hottest finding: where a study opens. */
export function firstPoint(model: ReadingModel): Vec3 | undefined {
  const hottest = [...model.lesions]
    .filter((lesion) => lesion.physiological === null)
    .sort((a, b) => b.measured.suvMax - a.measured.suvMax)[0];
  return hottest?.position;
}

/** Whether a coronal picture of the volume is clearly taller than wide. */
export function isTallerThanWide(grid: Grid): boolean {
  const along = (direction: Vec3) => {
    const [low, high] = extentAlong(grid, direction);
    return high - low;
  };
  return along([0, 0, 1]) > 1.3 * along([1, 0, 0]);
}
