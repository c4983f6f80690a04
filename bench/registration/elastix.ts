import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Mat4, multiply, translation, type Vec3, type Volume } from '@photopeak/imaging';

/** Rigid by Mattes mutual information, three levels, adaptive stochastic gradient descent: elastix's usual choice. */
const parameters = `
(FixedInternalImagePixelType "float")
(MovingInternalImagePixelType "float")
(UseDirectionCosines "true")
(Registration "MultiResolutionRegistration")
(Interpolator "LinearInterpolator")
(ResampleInterpolator "FinalBSplineInterpolator")
(Resampler "DefaultResampler")
(FixedImagePyramid "FixedSmoothingImagePyramid")
(MovingImagePyramid "MovingSmoothingImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent")
(Metric "AdvancedMattesMutualInformation")
(NumberOfHistogramBins 32)
(Transform "EulerTransform")
(AutomaticTransformInitialization "false")
(AutomaticScalesEstimation "true")
(HowToCombineTransforms "Compose")
(NumberOfResolutions 3)
(MaximumNumberOfIterations 300)
(ImageSampler "RandomCoordinate")
(NumberOfSpatialSamples 4000)
(NewSamplesEveryIteration "true")
(FinalBSplineInterpolationOrder 1)
(DefaultPixelValue 0)
(WriteResultImage "false")
`;

export function writeMha(file: string, volume: Volume): void {
  const d = volume.direction;
  // MetaImage wants the unit vectors of the axes one after the other: the columns of the matrix.
  const axes = [d[0], d[3], d[6], d[1], d[4], d[7], d[2], d[5], d[8]];
  const header = [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    'BinaryDataByteOrderMSB = False',
    'CompressedData = False',
    `TransformMatrix = ${axes.join(' ')}`,
    `Offset = ${volume.origin.join(' ')}`,
    `ElementSpacing = ${volume.spacingMm.join(' ')}`,
    `DimSize = ${volume.size.join(' ')}`,
    'ElementType = MET_FLOAT',
    'ElementDataFile = LOCAL\n',
  ].join('\n');
  const values = Float32Array.from(volume.data);
  writeFileSync(file, Buffer.concat([Buffer.from(header), Buffer.from(values.buffer)]));
}

function numbers(text: string, key: string): number[] {
  const match = new RegExp(`\\(${key} ([^)]*)\\)`).exec(text);
  return (match?.[1] ?? '').trim().split(/\s+/).map(Number);
}

/** elastix's Euler transform as a matrix from the fixed to the moving image: Rz · Rx · Ry about its centre. */
function eulerMatrix(text: string): Mat4 {
  const [ax, ay, az, tx, ty, tz] = numbers(text, 'TransformParameters') as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [cx, cy, cz] = numbers(text, 'CenterOfRotationPoint') as [number, number, number];
  const [sinX, cosX, sinY, cosY, sinZ, cosZ] = [ax, ay, az].flatMap((angle) => [
    Math.sin(angle),
    Math.cos(angle),
  ]) as [number, number, number, number, number, number];
  const x: Mat4 = [1, 0, 0, 0, 0, cosX, -sinX, 0, 0, sinX, cosX, 0, 0, 0, 0, 1];
  const y: Mat4 = [cosY, 0, sinY, 0, 0, 1, 0, 0, -sinY, 0, cosY, 0, 0, 0, 0, 1];
  const z: Mat4 = [cosZ, -sinZ, 0, 0, sinZ, cosZ, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const rotation = multiply(z, multiply(x, y));
  return multiply(translation([cx + tx, cy + ty, cz + tz]), multiply(rotation, translation([-cx, -cy, -cz])));
}

export interface ElastixResult {
  /** Maps points of the fixed image to the moving image. */
  readonly pull: Mat4;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** B-splines by mutual information, with the bending energy of the transform where `bending` is above 0. */
const splineParameters = (gridMm: number, bending: number) => `${parameters
  .split('\n')
  .filter(
    (line) => !/Metric |Registration |Transform |MaximumNumberOfIterations|NumberOfSpatialSamples/.test(line),
  )
  .join('\n')}
(Registration "${bending > 0 ? 'MultiMetricMultiResolutionRegistration' : 'MultiResolutionRegistration'}")
(Metric "AdvancedMattesMutualInformation"${bending > 0 ? ' "TransformBendingEnergyPenalty"' : ''})
${bending > 0 ? `(Metric0Weight 1.0)\n(Metric1Weight ${bending})` : ''}
(Transform "BSplineTransform")
(FinalGridSpacingInPhysicalUnits ${gridMm})
(MaximumNumberOfIterations 500)
(NumberOfSpatialSamples 5000)
`;

export interface PeerPoints {
  /** The points of the moving image under the points asked for. */
  readonly points: readonly Vec3[];
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Runs a program in bash and returns wall and processor time, undefined where it fails. */
export function timed(
  command: string,
  folder: string,
  limitSeconds = 3600,
): { seconds: number; cpuSeconds: number } | undefined {
  const start = performance.now();
  const limited = `timeout ${limitSeconds} ${command}`;
  const run = spawnSync('bash', ['-c', `TIMEFORMAT="%U %S"; time ${limited} > "$0/out.log" 2>&1`, folder]);
  const seconds = (performance.now() - start) / 1000;
  if (run.status !== 0) return undefined;
  const parts = String(run.stderr).trim().split(/\s+/).map(Number);
  return { seconds, cpuSeconds: parts.reduce((sum, value) => sum + value, 0) };
}

/** elastix: rigid, then B-splines. Undefined where it is not installed or fails; times without transforming the points. */
export function elastixDeformable(
  fixed: Volume,
  moving: Volume,
  points: readonly Vec3[],
  options: { readonly gridMm: number; readonly bending: number; readonly limitSeconds?: number },
): PeerPoints | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-elastix-'));
  try {
    const file = (name: string) => path.join(folder, name);
    writeMha(file('fixed.mha'), fixed);
    writeMha(file('moving.mha'), moving);
    writeFileSync(file('rigid.txt'), parameters);
    writeFileSync(file('spline.txt'), splineParameters(options.gridMm, options.bending));
    writeFileSync(
      file('points.txt'),
      `point\n${points.length}\n${points.map((point) => point.join(' ')).join('\n')}\n`,
    );
    const time = timed(
      'elastix -f "$0/fixed.mha" -m "$0/moving.mha" -p "$0/rigid.txt" -p "$0/spline.txt" -out "$0"',
      folder,
      options.limitSeconds,
    );
    if (time === undefined) return undefined;
    const moved = timed(
      'transformix -def "$0/points.txt" -out "$0" -tp "$0/TransformParameters.1.txt"',
      folder,
    );
    if (moved === undefined) return undefined;
    const found = [
      ...readFileSync(file('outputpoints.txt'), 'utf8').matchAll(/OutputPoint = \[ ([^\]]*) \]/g),
    ];
    return {
      points: found.map((match) => match[1]!.trim().split(/\s+/).map(Number) as unknown as Vec3),
      ...time,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Undefined where elastix is not installed or fails. Times are of the program alone, reading the files included. */
export function elastixRigid(fixed: Volume, moving: Volume): ElastixResult | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-elastix-'));
  try {
    const file = (name: string) => path.join(folder, name);
    writeMha(file('fixed.mha'), fixed);
    writeMha(file('moving.mha'), moving);
    writeFileSync(file('rigid.txt'), parameters);
    const start = performance.now();
    const run = spawnSync('bash', [
      '-c',
      'TIMEFORMAT="%U %S"; time elastix -f "$0/fixed.mha" -m "$0/moving.mha" -p "$0/rigid.txt" -out "$0" > "$0/out.log" 2>&1',
      folder,
    ]);
    const seconds = (performance.now() - start) / 1000;
    if (run.status !== 0) return undefined;
    const cpuSeconds = String(run.stderr)
      .trim()
      .split(/\s+/)
      .reduce((sum, value) => sum + Number(value), 0);
    return {
      pull: eulerMatrix(readFileSync(file('TransformParameters.0.txt'), 'utf8')),
      seconds,
      cpuSeconds,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
