export { type GpuDevice, gpuDevices } from './devices.ts';
export { type GpuLease, type GpuLeases, holdGpus } from './leases.ts';
