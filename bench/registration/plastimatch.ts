import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toMoving } from '@photopeak/analysis';
import { type DisplacementField, identity, type Vec3, type Volume } from '@photopeak/imaging';
import { type PeerPoints, timed, writeMha } from './elastix.ts';

/**
 * Rigid, then B-splines in two stages: squared differences for two CTs, mutual information else. Without
 * `regularization=analytic`, which did not end within 20 minutes on these pairs.
 */
const commands = (metric: 'mse' | 'mi', gridMm: number) => `
[GLOBAL]
fixed=fixed.mha
moving=moving.mha
vf_out=field.mha
[STAGE]
xform=rigid
optim=versor
impl=itk
metric=${metric === 'mse' ? 'mse' : 'mattes'}
max_its=40
res=4 4 4
[STAGE]
xform=bspline
optim=lbfgsb
impl=plastimatch
threading=openmp
metric=${metric}
regularization_lambda=0.005
max_its=30
grid_spac=${2 * gridMm} ${2 * gridMm} ${2 * gridMm}
res=2 2 2
[STAGE]
xform=bspline
optim=lbfgsb
impl=plastimatch
threading=openmp
metric=${metric}
regularization_lambda=0.005
max_its=30
grid_spac=${gridMm} ${gridMm} ${gridMm}
res=1 1 1
`;

/** A displacement field of three floats a voxel in one MetaImage file, axes along the patient's. */
function readField(file: string): DisplacementField {
  const bytes = readFileSync(file);
  const end = bytes.indexOf('ElementDataFile = LOCAL') + 'ElementDataFile = LOCAL\n'.length;
  const header = bytes.subarray(0, end).toString();
  const values = (key: string) =>
    new RegExp(`^${key} = (.*)$`, 'm').exec(header)![1]!.trim().split(/\s+/).map(Number) as unknown as Vec3;
  return {
    size: values('DimSize'),
    spacingMm: values('ElementSpacing'),
    origin: values('(?:Offset|Position)'),
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    data: new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer),
  };
}

/** Undefined where plastimatch is not installed or fails. */
export function plastimatchDeformable(
  fixed: Volume,
  moving: Volume,
  points: readonly Vec3[],
  options: { readonly metric: 'mse' | 'mi'; readonly gridMm: number; readonly limitSeconds: number },
): PeerPoints | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'photopeak-plastimatch-'));
  try {
    writeMha(path.join(folder, 'fixed.mha'), fixed);
    writeMha(path.join(folder, 'moving.mha'), moving);
    writeFileSync(path.join(folder, 'commands.txt'), commands(options.metric, options.gridMm));
    const time = timed('bash -c "cd $0 && plastimatch register commands.txt"', folder, options.limitSeconds);
    if (time === undefined) return undefined;
    const field = readField(path.join(folder, 'field.mha'));
    return { points: toMoving({ pull: identity, field }, points), ...time };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
