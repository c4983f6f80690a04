import { parentPort } from 'node:worker_threads';
import codecs from 'dcmjs-codecs';

/** One frame to decode or to encode, as sent to a worker thread. */
export type CodecJob = DecodeJob | EncodeJob;

export interface EncodeJob {
  readonly task: 'encode';
  readonly id: number;
  readonly codec: 'rle' | 'jpeg-baseline' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';
  /** Samples of each pixel side by side, little endian. */
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samples: number;
  readonly signed: boolean;
  readonly photometric: string;
  /** 1 to 100, of `jpeg-baseline`. */
  readonly quality: number;
}

export interface DecodeJob {
  readonly task: 'decode';
  readonly id: number;
  readonly codec: 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k' | 'jpeg-xl';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly samples: number;
  readonly signed: boolean;
  readonly photometric: string;
  readonly toRgb: boolean;
}

export interface DecodeAnswer {
  readonly id: number;
  readonly bytes?: Uint8Array;
  readonly photometric?: string;
  readonly planar?: boolean;
  readonly error?: string;
}

const { Context, NativeCodecs } = codecs;

const decoders = {
  jpeg: (context: InstanceType<typeof Context>, toRgb: boolean) =>
    NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: toRgb }),
  'jpeg-ls': (context: InstanceType<typeof Context>) => NativeCodecs.decodeJpegLs(context),
  'jpeg-2000': (context: InstanceType<typeof Context>) => NativeCodecs.decodeJpeg2000(context),
  htj2k: (context: InstanceType<typeof Context>) => NativeCodecs.decodeHtJpeg2000(context),
  'jpeg-xl': (context: InstanceType<typeof Context>) => NativeCodecs.decodeJpegXl(context),
};

const encoders: Readonly<
  Record<
    EncodeJob['codec'],
    (context: InstanceType<typeof Context>, quality: number) => InstanceType<typeof Context>
  >
> = {
  rle: (context) => NativeCodecs.encodeRle(context),
  'jpeg-baseline': (context, quality) => NativeCodecs.encodeJpeg(context, { lossy: true, quality }),
  'jpeg-lossless': (context) => NativeCodecs.encodeJpeg(context, { lossy: false }),
  'jpeg-ls': (context) => NativeCodecs.encodeJpegLs(context, { lossy: false }),
  'jpeg-2000': (context) => NativeCodecs.encodeJpeg2000(context, { lossy: false }),
  htj2k: (context) => NativeCodecs.encodeHtJpeg2000(context, { lossy: false }),
};

function encode(job: EncodeJob): DecodeAnswer {
  const encoded = encoders[job.codec](contextOf(job, { decodedBuffer: job.bytes }), job.quality);
  const bytes = encoded.getEncodedBuffer();
  if (bytes === undefined) return { id: job.id, error: 'nothing was encoded' };
  return { id: job.id, bytes: Uint8Array.from(bytes), photometric: photometricOf(encoded, job) };
}

function decode(job: DecodeJob): DecodeAnswer {
  const decoded = decoders[job.codec](contextOf(job, { encodedBuffer: job.bytes }), job.toRgb);
  const bytes = decoded.getDecodedBuffer();
  if (bytes === undefined) return { id: job.id, error: 'nothing was decoded' };
  return {
    id: job.id,
    bytes: Uint8Array.from(bytes),
    photometric: photometricOf(decoded, job),
    planar: decoded.getPlanarConfiguration() === 1,
  };
}

function contextOf(
  job: CodecJob,
  buffer: { readonly encodedBuffer: Uint8Array } | { readonly decodedBuffer: Uint8Array },
): InstanceType<typeof Context> {
  return new Context({
    width: job.width,
    height: job.height,
    bitsAllocated: job.bitsAllocated,
    bitsStored: job.bitsStored,
    samplesPerPixel: job.samples,
    pixelRepresentation: job.signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: job.photometric,
    ...buffer,
  });
}

const photometricOf = (context: InstanceType<typeof Context>, job: CodecJob): string =>
  context.getPhotometricInterpretation() ?? job.photometric;

async function perform(job: CodecJob): Promise<DecodeAnswer> {
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  try {
    return job.task === 'encode' ? encode(job) : decode(job);
  } catch (error) {
    // A codec that failed may have left its memory in disorder: the next frame gets a fresh one.
    NativeCodecs.release();
    return { id: job.id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (job: CodecJob) => {
  void perform(job).then((answer) => {
    parentPort?.postMessage(answer, answer.bytes === undefined ? [] : [answer.bytes.buffer as ArrayBuffer]);
  });
});
