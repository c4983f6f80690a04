import { parentPort } from 'node:worker_threads';
import codecs from 'dcmjs-codecs';

/** One frame to decode, as sent to a worker thread. */
export interface DecodeJob {
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

async function decode(job: DecodeJob): Promise<DecodeAnswer> {
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  try {
    const context = new Context({
      width: job.width,
      height: job.height,
      bitsAllocated: job.bitsAllocated,
      bitsStored: job.bitsStored,
      samplesPerPixel: job.samples,
      pixelRepresentation: job.signed ? 1 : 0,
      planarConfiguration: 0,
      photometricInterpretation: job.photometric,
      encodedBuffer: job.bytes,
    });
    const decoded = decoders[job.codec](context, job.toRgb);
    const bytes = decoded.getDecodedBuffer();
    if (bytes === undefined) return { id: job.id, error: 'nothing was decoded' };
    return {
      id: job.id,
      bytes: Uint8Array.from(bytes),
      photometric: decoded.getPhotometricInterpretation() ?? job.photometric,
      planar: decoded.getPlanarConfiguration() === 1,
    };
  } catch (error) {
    // A decoder that failed may have left its memory in disorder: the next frame gets a fresh one.
    NativeCodecs.release();
    return { id: job.id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (job: DecodeJob) => {
  void decode(job).then((answer) => {
    parentPort?.postMessage(answer, answer.bytes === undefined ? [] : [answer.bytes.buffer as ArrayBuffer]);
  });
});
