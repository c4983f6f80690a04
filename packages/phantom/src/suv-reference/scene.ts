/** 64×64 pixels of 4 mm, ten slices of 4 mm. */
export const SCENE = { columns: 64, rows: 64, slices: 10, spacingMm: 4 } as const;
export const HOT_SUV = 4;
export const COLD_SUV = 0.2;
export const BACKGROUND_SUV = 1;

const RADIUS_MM = 14;
const MIDDLE_SLICE = (SCENE.slices - 1) / 2;

function inSphere(centerColumn: number, i: number, j: number, k: number): boolean {
  const dx = (i - centerColumn) * SCENE.spacingMm;
  const dy = (j - SCENE.rows / 2) * SCENE.spacingMm;
  const dz = (k - MIDDLE_SLICE) * SCENE.spacingMm;
  return dx * dx + dy * dy + dz * dz <= RADIUS_MM * RADIUS_MM;
}

/** True SUVbw of one slice: a hot and a cold ball of 28 mm in a warm background. */
export function sceneSlice(k: number): Float64Array {
  const slice = new Float64Array(SCENE.columns * SCENE.rows);
  for (let j = 0; j < SCENE.rows; j++) {
    for (let i = 0; i < SCENE.columns; i++) {
      slice[i + j * SCENE.columns] = inSphere(20, i, j, k)
        ? HOT_SUV
        : inSphere(44, i, j, k)
          ? COLD_SUV
          : BACKGROUND_SUV;
    }
  }
  return slice;
}
