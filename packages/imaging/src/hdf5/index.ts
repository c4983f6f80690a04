export { type Hdf5Dataset, type Hdf5File, isHdf5, readHdf5 } from './hdf5.ts';
