import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const folder = fileURLToPath(new URL('./goldens', import.meta.url));

export interface PictureDifference {
  /** Mean absolute difference over all pixels and channels, in grey levels of 255. */
  readonly mean: number;
  /** Share of pixels in which any channel differs by more than 32. */
  readonly share: number;
  readonly isSameSize: boolean;
}

/** How two pictures differ; decoded and compared by the browser itself, so that no other decoder takes part. */
export async function difference(page: Page, a: Buffer, b: Buffer): Promise<PictureDifference> {
  return page.evaluate(
    async (pictures) => {
      const [first, second] = await Promise.all(
        pictures.map(async (base64) => {
          const image = new Image();
          image.src = `data:image/png;base64,${base64}`;
          await image.decode();
          const canvas = document.createElement('canvas');
          canvas.width = image.width;
          canvas.height = image.height;
          const context = canvas.getContext('2d')!;
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height);
        }),
      );
      if (first!.width !== second!.width || first!.height !== second!.height) {
        return { mean: 255, share: 1, isSameSize: false };
      }
      let sum = 0;
      let far = 0;
      for (let at = 0; at < first!.data.length; at += 4) {
        let largest = 0;
        for (let channel = 0; channel < 3; channel++) {
          const difference = Math.abs(first!.data[at + channel]! - second!.data[at + channel]!);
          sum += difference;
          largest = Math.max(largest, difference);
        }
        if (largest > 32) far++;
      }
      const pixels = first!.data.length / 4;
      return { mean: sum / (pixels * 3), share: far / pixels, isSameSize: true };
    },
    [a.toString('base64'), b.toString('base64')],
  );
}

/** How a picture differs from a golden one. */
export async function differenceFromGolden(
  page: Page,
  name: string,
  picture: Buffer,
): Promise<PictureDifference> {
  const file = path.join(folder, `${name}.png`);
  if (!existsSync(file)) throw new Error(`no golden picture ${name}: run once with PHOTOPEAK_GOLDENS=write`);
  return difference(page, picture, await readFile(file));
}

/**
 * Compares a picture with its golden one. `PHOTOPEAK_GOLDENS=write` writes it instead. What was seen is left in
 * `out/goldens` of the working folder when it differs.
 */
export async function againstGolden(page: Page, name: string, picture: Buffer): Promise<PictureDifference> {
  if (process.env.PHOTOPEAK_GOLDENS === 'write') await writeFile(path.join(folder, `${name}.png`), picture);
  const found = await differenceFromGolden(page, name, picture);
  if (found.mean > 0.5) {
    await mkdir('out/goldens', { recursive: true });
    await writeFile(path.join('out/goldens', `${name}.png`), picture);
  }
  return found;
}
