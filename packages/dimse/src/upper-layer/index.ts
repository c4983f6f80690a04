export { type Rejection, rejectionError } from './reasons.ts';
export { UpperLayer, type UpperLayerOptions, type UpperLayerUser } from './upper-layer.ts';
