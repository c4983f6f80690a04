import { type ProjectionGeometry, type Projections, Tomograph, type Volume } from '@photopeak/imaging';

const VIEWS_AT_A_TIME = 64;

/** Line integrals of a volume (per mm) along the rays of a geometry; x, y and z of its grid are those of the gantry. */
export async function projectVolume(volume: Volume, geometry: ProjectionGeometry): Promise<Projections> {
  using tomograph = new Tomograph(volume, geometry);
  const count = geometry.views.length;
  const data = new Float32Array(count * tomograph.pixels);
  const resident = tomograph.load(volume);
  const views = tomograph.newViews(Math.min(VIEWS_AT_A_TIME, count));
  for (let first = 0; first < count; first += VIEWS_AT_A_TIME) {
    const indices = Array.from({ length: Math.min(VIEWS_AT_A_TIME, count - first) }, (_, n) => first + n);
    await tomograph.project(resident, views, indices);
    tomograph.readViews(views, indices, data);
  }
  return { geometry, data };
}
