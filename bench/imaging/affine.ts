// Affine resampling with linear interpolation of 256³ floats, beside scipy.ndimage.affine_transform (order 1) and
// skimage.transform.warp; both use one thread, as they do by default.
//   node bench/imaging/affine.ts
import { resample } from '@photopeak/imaging';
import { report, testMatrix, testVolume, timeOurs, timePython } from './support.ts';

const m = testMatrix;
// numpy arrays run z, y, x.
const flipped = `np.array([[${m[10]}, ${m[9]}, ${m[8]}, ${m[11]}], [${m[6]}, ${m[5]}, ${m[4]}, ${m[7]}], [${m[2]}, ${m[1]}, ${m[0]}, ${m[3]}], [0, 0, 0, 1]])`;
const volume = testVolume();
const ours = await timeOurs(() => resample(volume, { grid: volume, transform: m, interpolation: 'linear' }));
const skimage = timePython(
  `from skimage.transform import warp\nM = ${flipped}\nc = np.einsum('ab,bzyx->azyx', M[:3, :3], np.indices(v.shape, dtype=np.float32)) + M[:3, 3, None, None, None]`,
  `warp(v, c, order=1, preserve_range=True)`,
);
if (skimage) report('affine (coordinates prepared)', ours, 'skimage.transform.warp', skimage);
const scipy = timePython(`import scipy.ndimage as nd\nM = ${flipped}`, `nd.affine_transform(v, M, order=1)`);
if (scipy) report('affine', ours, 'scipy.ndimage.affine_transform', scipy);
