// Gaussian smoothing of 256³ floats (sigma 2, cut at 4 sigma) beside the same C built with clang -O3 -march=native,
// with as many threads.
//   node bench/imaging/gaussian-native.ts
import { gaussian } from '@photopeak/imaging';
import { largestDifference, report, testVolume, timeNative, timeOurs } from './support.ts';

const volume = testVolume();
const work = () => gaussian(volume, { sigmaMm: 2 });
const ours = await timeOurs(work);
const { timing, result } = timeNative('gaussian');
console.log(`largest difference of the results ${largestDifference((await work()).data, result)}`);
report('gaussian', ours, 'native C', timing);
