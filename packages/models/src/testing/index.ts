/** Model packages and networks for tests. */

export * from './inference-server.ts';
export * from './manifest.ts';
export * from './onnx.ts';
