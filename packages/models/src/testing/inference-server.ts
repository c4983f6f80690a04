import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { fields, numbersOf, textOf } from '../onnx/wire.ts';
import { affineNetwork, bytes, number, text } from './onnx.ts';

/** What a test does to a server of the protocol over gRPC. */
export interface GrpcServerOptions {
  readonly isReady?: boolean;
  /** With contents by their type in the place of raw ones. */
  readonly isTyped?: boolean;
  readonly delayMs?: number;
  /** Spoils an answer to ModelInfer. */
  readonly change?: (answer: number[]) => number[];
  /** Ends ModelInfer with a status of gRPC. */
  readonly status?: { readonly code: number; readonly message: string };
}

export interface GrpcServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A small server of the Open Inference Protocol over gRPC: ONNX Runtime with a network that gives 2 x + 1. */
export async function serveGrpc(options: GrpcServerOptions = {}): Promise<GrpcServer> {
  const session = await InferenceSession.create(affineNetwork(['n', 1, 'h', 'w'], 2, 1));
  const server = createServer();
  const open = new Set<{ destroy(): void }>();
  server.on('session', (one) => open.add(one));
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', async () => {
      const method = String(headers[':path']).split('/').at(-1)!;
      const request = Buffer.concat(parts).subarray(5);
      const isInfer = method === 'ModelInfer';
      if (isInfer) await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 0));
      if (stream.destroyed) return;
      const code = isInfer ? (options.status?.code ?? 0) : 0;
      const message = encodeURIComponent(options.status?.message ?? '');
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({
          'grpc-status': String(code),
          ...(code === 0 ? {} : { 'grpc-message': message }),
        }),
      );
      if (code !== 0) return void stream.end();
      const answer = await answerTo(method, request, session, options);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(answer.length, 1);
      stream.end(Buffer.concat([prefix, Uint8Array.from(answer)]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const one of open) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const metadata = (field: number, name: string) =>
  bytes(field, [
    ...text(1, name),
    ...text(2, 'FP32'),
    ...bytes(
      3,
      [-1, 1, -1, -1].flatMap((size) => number(1, size).slice(1)),
    ),
  ]);

async function answerTo(
  method: string,
  request: Uint8Array,
  session: InferenceSession,
  { isReady = true, isTyped = false, change = (answer) => answer }: GrpcServerOptions,
): Promise<number[]> {
  if (method === 'ModelReady') return isReady ? number(1, 1) : [];
  if (method === 'ServerMetadata') return [...text(1, 'tester'), ...text(2, '9.1')];
  if (method === 'ModelMetadata')
    return [
      ...text(1, 'double'),
      ...text(2, '3'),
      ...text(3, 'onnx'),
      ...metadata(4, 'x'),
      ...metadata(5, 'y'),
    ];
  let shape: number[] = [];
  let raw = new Uint8Array();
  for (const field of fields(request, 0, request.length)) {
    if (field.number === 7) raw = Uint8Array.from(request.subarray(field.start, field.end));
    if (field.number !== 5) continue;
    for (const part of fields(request, field.start, field.end)) {
      if (part.number === 2 && textOf(request, part) !== 'FP32') throw new Error('not FP32');
      if (part.number === 3) shape = numbersOf(request, part).map(Number);
    }
  }
  const { y } = await session.run({ x: new Tensor('float32', new Float32Array(raw.buffer), shape) });
  const values = y!.data as Float32Array;
  const content = [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
  const described = [
    ...text(1, 'y'),
    ...text(2, 'FP32'),
    ...bytes(
      3,
      y!.dims.flatMap((size) => number(1, size).slice(1)),
    ),
    ...(isTyped ? bytes(5, bytes(6, content)) : []),
  ];
  return change([
    ...text(1, 'double'),
    ...text(2, '3'),
    ...bytes(5, described),
    ...(isTyped ? [] : bytes(6, content)),
  ]);
}
