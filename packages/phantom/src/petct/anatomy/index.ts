import { paintAbdomen } from './abdomen.ts';
import type { Build } from './build.ts';
import { Canvas } from './canvas.ts';
import { paintGlands } from './glands.ts';
import { paintHead } from './head.ts';
import { type Outline, paintOutline } from './outline.ts';
import { paintSkeleton } from './skeleton.ts';
import { paintSpine, type Vertebra } from './spine.ts';
import { paintThorax } from './thorax.ts';

export {
  type ArmPosition,
  type Build,
  drawBuild,
  type RemovableOrgan,
  removableOrgans,
  type Sex,
} from './build.ts';
export { Canvas, type Part } from './canvas.ts';
export { diaphragm } from './thorax.ts';

export interface Anatomy {
  readonly canvas: Canvas;
  readonly outline: Outline;
  readonly spine: readonly Vertebra[];
}

/** The whole person, in anatomical millimetres. */
export function buildAnatomy(build: Build, options: { heartLit: boolean; glands?: boolean }): Anatomy {
  const canvas = new Canvas();
  const outline = paintOutline(canvas, build);
  paintThorax(canvas, build, outline, options.heartLit);
  paintAbdomen(canvas, build, outline);
  const spine = paintSpine(canvas);
  paintSkeleton(canvas, build, outline, spine);
  paintHead(canvas, build);
  if (options.glands === true) paintGlands(canvas);
  return { canvas, outline, spine };
}
