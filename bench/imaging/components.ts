// Connected components (6 neighbours) of a mask of 256³ voxels beside scipy.ndimage.label and skimage.measure.label;
// both use one thread, as they do by default.
//   node bench/imaging/components.ts
import { components } from '@photopeak/imaging';
import { report, testMask, testVolume, timeOurs, timePython } from './support.ts';

const mask = testMask(testVolume());
const ours = await timeOurs(() => components(mask, { connectivity: 6 }));
const skimage = timePython(`from skimage.measure import label`, `label(mask, connectivity=1)`);
if (skimage) report('components', ours, 'skimage.measure.label', skimage);
const scipy = timePython(`import scipy.ndimage as nd`, `nd.label(mask)`);
if (scipy) report('components', ours, 'scipy.ndimage.label', scipy);
