// Gaussian smoothing of 256³ floats, sigma 2 voxels cut at 4 sigma, beside scipy.ndimage.gaussian_filter (and
// skimage.filters.gaussian, which calls it); both use one thread, as they do by default.
//   node bench/imaging/gaussian.ts
import { gaussian } from '@photopeak/imaging';
import { report, testVolume, timeOurs, timePython } from './support.ts';

const volume = testVolume();
const ours = await timeOurs(() => gaussian(volume, { sigmaMm: 2 }));
const skimage = timePython(
  `from skimage.filters import gaussian`,
  `gaussian(v, 2, mode='nearest', truncate=4, preserve_range=True)`,
);
if (skimage) report('gaussian', ours, 'skimage.filters.gaussian', skimage);
const scipy = timePython(
  `import scipy.ndimage as nd`,
  `nd.gaussian_filter(v, 2, mode='nearest', truncate=4)`,
);
if (scipy) report('gaussian', ours, 'scipy.ndimage.gaussian_filter', scipy);
