/** Model packages and networks for tests. */
export * from './manifest.ts';
export * from './onnx.ts';
