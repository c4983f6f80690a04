// Affine resampling of 256³ floats beside the same C built with clang -O3 -march=native, with as many threads.
//   node bench/imaging/affine-native.ts
import { resample } from '@photopeak/imaging';
import { largestDifference, report, testMatrix, testVolume, timeNative, timeOurs } from './support.ts';

const volume = testVolume();
const work = () => resample(volume, { grid: volume, transform: testMatrix, interpolation: 'linear' });
const ours = await timeOurs(work);
const { timing, result } = timeNative('affine');
console.log(`largest difference of the results ${largestDifference((await work()).data, result)}`);
report('affine', ours, 'native C', timing);
