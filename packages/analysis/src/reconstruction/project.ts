import { type ProjectionGeometry, type Projections, Tomograph, type Volume } from '@photopeak/imaging';
import { relativeResidual, withSystem } from './iterative.ts';
import { viewBatches } from './view-batches.ts';

/** Line integrals of a volume (per mm) along the rays of a geometry; x, y and z of its grid are those of the gantry. */
export async function projectVolume(volume: Volume, geometry: ProjectionGeometry): Promise<Projections> {
  using tomograph = new Tomograph(volume, geometry);
  const count = geometry.views.length;
  const data = new Float32Array(count * tomograph.pixels);
  const resident = tomograph.load(volume);
  const batches = viewBatches(count);
  const views = tomograph.newViews(batches[0]!.length);
  for (const indices of batches) {
    await tomograph.project(resident, views, indices);
    tomograph.readViews(views, indices, data);
  }
  return { geometry, data };
}

/** ‖Ax − b‖ / ‖b‖: what a volume, seen along the rays of its projections again, differs from them by. */
export function reprojectionError(volume: Volume, measured: Projections): Promise<number> {
  return withSystem(measured, volume, { iterations: 1 }, (system) =>
    relativeResidual(system, system.tomograph.load(volume)),
  );
}
