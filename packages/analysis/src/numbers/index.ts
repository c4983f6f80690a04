export { eigen } from './eigen.ts';
export { solve } from './linear-system.ts';
export { median } from './median.ts';
export { normals } from './random.ts';
export { symmetricEigen } from './symmetric-eigen.ts';
