import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Dataset, parsePart10, writePart10 } from '@photopeak/dicom';
import { type PetctPhantomOptions, writePetctStudy } from '@photopeak/phantom';
import { madeOnce } from '@photopeak/testing';

/** From the vertex to the hips, in voxels as coarse as the analysis bears: seconds to make and to process. */
export const TINY_GRIDS = {
  ct: { size: [80, 80, 79], spacingMm: [6.25, 6.25, 10] },
  pet: { size: [64, 64, 79], spacingMm: [8, 8, 10] },
} as const;

/**
 * A PET/CT with one large lesion in a lung; its DICOM files lie in `dicom/<role>/`. Computed once in a run of the tests
 * and copied to `folder`.
 */
export async function writeTinyStudy(
  folder: string,
  options: Partial<PetctPhantomOptions> = {},
): Promise<{ readonly truthFile: string }> {
  const phantom = {
    seed: 7,
    style: 'ge',
    grids: TINY_GRIDS,
    lesions: [{ kind: 'lung', radiusMm: 18, suv: 12 }],
    ...options,
  } as const;
  const digest = createHash('sha256').update(JSON.stringify(phantom)).digest('hex');
  const made = await madeOnce(`tiny-study-${digest.slice(0, 16)}`, async (into) => {
    await writePetctStudy({ folder: into, phantom });
  });
  if (made === undefined) await writePetctStudy({ folder, phantom });
  else await cp(made, folder, { recursive: true });
  return { truthFile: path.join(folder, 'truth', 'truth.json') };
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
