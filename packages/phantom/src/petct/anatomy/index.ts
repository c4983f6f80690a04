import { paintAbdomen } from './abdomen.ts';
import type { Build } from './build.ts';
import { Canvas } from './canvas.ts';
import { drawFissures, type FissureKind, type Fissures } from './fissures.ts';
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
export { type FissureKind, type Fissures, fissureKinds, lobeNames } from './fissures.ts';
export { diaphragm } from './thorax.ts';

export interface Anatomy {
  readonly canvas: Canvas;
  readonly outline: Outline;
  readonly spine: readonly Vertebra[];
  /** Undefined where the lungs are drawn without lobes. */
  readonly fissures: Fissures | undefined;
}

/** The whole person, in anatomical millimetres. */
export function buildAnatomy(
  build: Build,
  options: { heartLit: boolean; glands?: boolean; fissures?: FissureKind | undefined },
): Anatomy {
  const canvas = new Canvas();
  const outline = paintOutline(canvas, build);
  const { heartLit } = options;
  const fissures =
    options.fissures === undefined
      ? undefined
      : drawFissures(build.random.fork('fissures'), options.fissures);
  paintThorax(canvas, build, outline, { heartLit, fissures });
  paintAbdomen(canvas, build, outline);
  const spine = paintSpine(canvas);
  paintSkeleton(canvas, build, outline, spine);
  paintHead(canvas, build);
  if (options.glands === true) paintGlands(canvas);
  return { canvas, outline, spine, fissures };
}
