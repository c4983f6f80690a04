export { eigen } from './eigen.ts';
export { solve } from './linear-system.ts';
export { median } from './median.ts';
export { normals, spreadSeed, uniforms } from './random.ts';
export { symmetricEigen } from './symmetric-eigen.ts';
