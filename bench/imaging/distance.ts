// Exact Euclidean distance in a mask of 256³ voxels beside scipy.ndimage.distance_transform_edt, which uses one
// thread, as it does by default. scikit-image has no distance transform of its own.
//   node bench/imaging/distance.ts
import { distanceTransform } from '@photopeak/imaging';
import { report, testMask, testVolume, timeOurs, timePython } from './support.ts';

const mask = testMask(testVolume());
const ours = await timeOurs(() => distanceTransform(mask));
const scipy = timePython(`import scipy.ndimage as nd\noutside = ~mask`, `nd.distance_transform_edt(outside)`);
if (scipy) report('distance', ours, 'scipy.ndimage.distance_transform_edt', scipy);
