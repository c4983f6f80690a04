// The network after non-local means beside non-local means alone on a real CT: as it is, and with the noise of a quarter of its dose
// added (simulateDose). There is no truth: the error is against the source, whose own noise both methods see as well.
//   node bench/enhancement/ct-network-real.ts PACKAGE FOLDER [FIRST-SLICE]
import { denoiseCt, globalNoise, relativeSharpness, simulateDose } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume } from '@photopeak/dicom';
import { crop, type Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { collectStudies, studyInput } from '@photopeak/pipelines';
import { readInstances } from '../../packages/pipelines/src/study/index.ts';

const SLICES = 5;
const [folder, study, first] = process.argv.slice(2);
if (folder === undefined || study === undefined)
  throw new Error('the package of the network and the folder of a CT are needed');
const { studies } = await collectStudies(study);
const series = groupSeries(readInstances(await studyInput(studies[0]!)))
  .filter(({ modality, kind }) => modality === 'CT' && kind === 'volume')
  .sort((a, b) => b.instances.length - a.instances.length)[0]!;
const { volume } = await loadSeriesVolume(series, {});
const [nx, ny, nz] = volume.size;
const start = Number(first ?? Math.floor((nz - SLICES) / 2));
const source = crop(volume, { start: [0, 0, start], size: [nx, ny, SLICES] });
const { volume: quarter } = await simulateDose(source, { dose: 0.25, seed: 981 });

await using model = await openModel(await openPackage(folder), {
  threads: 1,
});
const byNetwork = (ct: Volume) =>
  denoiseCt(ct, {
    reduction: 1,
    refine: async (slab) => {
      const [result] = await model.infer({
        denoised: slab.denoised,
        image: slab.source,
        noise: slab.noise,
      });
      if (result?.kind !== 'image') throw new Error('no image');
      return result.volume;
    },
  });

/** Root mean square of the difference from the source in soft tissue, HU. */
function apart(image: Volume): number {
  let [squares, count] = [0, 0];
  source.data.forEach((hu, at) => {
    if (hu < -150 || hu > 200) return;
    squares += (image.data[at]! - hu) ** 2;
    count++;
  });
  return Math.sqrt(squares / count);
}

console.log(`${series.instances.length} slices, ${SLICES} from ${start}, ${volume.spacingMm.join(' × ')} mm`);
for (const [name, image] of [
  ['as it is', source],
  ['a quarter of the dose', quarter],
] as const)
  for (const [method, { volume: result, remaining }] of [
    ['non-local means', await denoiseCt(image, { reduction: 1 })],
    ['network', await byNetwork(image)],
  ] as const)
    console.log(
      `${name}, ${method}: noise ${globalNoise(image)?.noiseHu.toFixed(1)} → ${globalNoise(result)?.noiseHu.toFixed(1)} HU` +
        ` (of flat places ${(100 * remaining).toFixed(0)} % remain), from the source ${apart(image).toFixed(2)} → ${apart(result).toFixed(2)} HU,` +
        ` sharpness ${(await relativeSharpness(source, result)).toFixed(3)}`,
    );
