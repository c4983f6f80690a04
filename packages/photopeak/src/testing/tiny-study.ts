import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, parsePart10, writePart10 } from '@photopeak/dicom';
import { type PetctPhantomOptions, writePetctStudy } from '@photopeak/phantom';

/** From the vertex to the hips, in voxels as coarse as the analysis bears: seconds to make and to process. */
const GRIDS = {
  ct: { size: [80, 80, 76], spacingMm: [6.25, 6.25, 10] },
  pet: { size: [64, 64, 76], spacingMm: [8, 8, 10] },
} as const;

/** A PET/CT with one large lesion in a lung; its DICOM files lie in `dicom/<role>/`. */
export function writeTinyStudy(folder: string, options: Partial<PetctPhantomOptions> = {}) {
  const phantom = {
    seed: 7,
    grids: GRIDS,
    lesions: [{ kind: 'lung', radiusMm: 18, suv: 12 }],
    ...options,
  } as const;
  return writePetctStudy({ folder, phantom });
}

export type Role = 'ct' | 'pet' | 'nac';

/**
 * Copies series of a study into a folder of its own, each data set changed on the way. The names tell the series apart.
 */
export async function copySeries(
  study: string,
  roles: readonly Role[],
  to: string,
  change?: (dataset: Dataset, role: Role) => void,
): Promise<string> {
  await mkdir(to, { recursive: true });
  for (const role of roles) {
    const from = path.join(study, 'dicom', role);
    for (const name of await readdir(from)) {
      const target = path.join(to, `${role}-${name}`);
      if (change === undefined) {
        await copyFile(path.join(from, name), target);
        continue;
      }
      const { dataset } = parsePart10(await readFile(path.join(from, name)));
      change(dataset, role);
      await writeFile(target, writePart10({ dataset }));
    }
  }
  return to;
}

/** All files below a folder by their relative path. */
export async function filesBelow(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(path.relative(folder, file), await readFile(file));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
