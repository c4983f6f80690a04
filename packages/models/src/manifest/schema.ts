import { z } from 'zod';

/** `model.yaml`: what a model is, what it takes and gives, and what it may be used for. */

const text = z.string().trim().min(1).max(4000);
const name = z.string().trim().min(1).max(200);
/** A file of the package, by its path inside the folder. */
const file = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[\w.-]+(\/[\w.-]+)*$/, 'a path inside the folder of the model');
const positive = z.number().positive().max(10_000);
const spacing = z.tuple([positive, positive, positive]);
const size = z.int().min(1).max(4096);

/** What the model does, in the words of the routes and the command line. */
export const modelTasks = [
  'denoise',
  'super-resolution',
  'metal',
  'speckle',
  'harmonise',
  'segment',
  'detect',
  'classify',
  'register',
] as const;

const code = z.strictObject({
  value: name.describe('Code Value'),
  scheme: name.describe('Coding Scheme Designator, e.g. SCT'),
  meaning: name.describe('Code Meaning'),
});

/** How voxel values become what the network was trained on. An output image takes the way back. */
export const intensityRule = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }).describe('values as they are'),
    z
      .strictObject({
        kind: z.literal('window'),
        low: z.number(),
        high: z.number(),
        to: z.tuple([z.number(), z.number()]).default([0, 1]),
        clip: z.boolean().default(true).describe('cut values outside the window'),
      })
      .refine(({ low, high }) => low < high, 'low must lie below high')
      .describe('low … high to the two values of `to`'),
    z
      .strictObject({
        kind: z.literal('percentile'),
        low: z.number().min(0).max(100).default(0.5),
        high: z.number().min(0).max(100).default(99.5),
        to: z.tuple([z.number(), z.number()]).default([0, 1]),
        clip: z.boolean().default(true),
        within: z.enum(['all', 'nonzero']).default('all'),
      })
      .refine(({ low, high }) => low < high, 'low must lie below high')
      .describe('two percentiles of the image to the two values of `to`'),
    z
      .strictObject({
        kind: z.literal('z-score'),
        within: z.enum(['all', 'nonzero']).default('all'),
        clip: z.tuple([z.number(), z.number()]).optional().describe('cut values before the mean is taken'),
      })
      .describe('mean 0, standard deviation 1'),
    z
      .strictObject({ kind: z.literal('affine'), mean: z.number(), sd: z.number().positive() })
      .describe('(value − mean) / sd, with numbers of the training set'),
  ])
  .describe('how voxel values become what the network was trained on');

const channel = z.strictObject({
  image: name
    .default('image')
    .describe('the image that fills it: `image`, or the name of a further one, e.g. `noise`'),
  intensity: intensityRule.default({ kind: 'none' }),
});

/** Axes of a tensor: N batch, C channels, D planes, H rows, W columns. */
export const layouts = ['NCHW', 'NHWC', 'NCDHW', 'NDHWC'] as const;

const input = z.strictObject({
  tensor: name.optional().describe('name of the input in the network; the only one where it is left out'),
  layout: z.enum(layouts).describe('order of the axes: N batch, C channels, D planes, H rows, W columns'),
  type: z.enum(['float32', 'float16']).default('float32'),
  channels: z
    .array(channel)
    .min(1)
    .max(32)
    .default([{ image: 'image', intensity: { kind: 'none' } }]),
  neighbours: z
    .int()
    .min(0)
    .max(16)
    .default(0)
    .describe('2.5D: so many planes on either side become channels; the output is the middle plane'),
  spacingMm: spacing.optional().describe('the image is resampled to it; left out: as it is'),
  orientation: z
    .enum(['LPS', 'RAS', 'LAS', 'RPS', 'as-is'])
    .default('LPS')
    .describe('where columns, rows and planes run to'),
  patch: z
    .tuple([size, size, size])
    .optional()
    .describe('columns, rows, planes given at once; left out: the whole plane or volume'),
  multipleOf: z
    .tuple([size, size, size])
    .default([1, 1, 1])
    .describe('where the whole is given at once: padded to multiples, as networks with pooling need'),
  overlap: z.number().min(0).max(0.9).default(0.25).describe('share by which neighbouring patches overlap'),
  padding: z.enum(['edge', 'zero', 'reflect']).default('edge').describe('what lies beyond the image'),
  batch: z.int().min(1).max(256).default(1).describe('at most so many patches or planes at once'),
});

const output = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('image'),
    tensor: name.optional(),
    residual: z
      .enum(['none', 'add', 'subtract'])
      .default('none')
      .describe('the output is a correction that is added to, or subtracted from, the first channel'),
    scale: z.int().min(1).max(8).default(1).describe('so many times the rows and columns of the input'),
    scalePlanes: z.int().min(1).max(8).default(1),
  }),
  z.strictObject({
    kind: z.literal('labels'),
    tensor: name.optional(),
    activation: z
      .enum(['softmax', 'sigmoid', 'none'])
      .default('softmax')
      .describe('what turns the output into probabilities: softmax over classes, sigmoid per class, none'),
    threshold: z.number().min(0).max(1).default(0.5).describe('for sigmoid, and for softmax against class 0'),
    labels: z
      .record(
        z.string().regex(/^[1-9]\d{0,3}$/),
        z.strictObject({ name, category: code.optional(), type: code, modifier: code.optional() }),
      )
      .describe('what each class, from 1, is; class 0 is the background'),
    confidence: z
      .enum(['mean-probability', 'none'])
      .default('mean-probability')
      .describe('how the confidence of a label is read: mean probability of its voxels'),
  }),
  z.strictObject({
    kind: z.literal('field'),
    tensor: name.optional(),
    unit: z.enum(['mm', 'voxel']).describe('displacements along columns, rows, planes'),
  }),
  z.strictObject({
    kind: z.literal('scalar'),
    tensor: name.optional(),
    values: z
      .array(z.strictObject({ name, unit: name.default('1'), code: code.optional() }))
      .min(1)
      .max(256),
    activation: z.enum(['softmax', 'sigmoid', 'none']).default('none'),
  }),
]);

const words = z
  .array(z.string().max(4000))
  .max(200)
  .describe('arguments; {input}, {inputFolder}, {output}, {outputFolder}, {model} stand for the places');
const format = z
  .enum(['nifti', 'dicom'])
  .default('nifti')
  .describe(
    'what lies in the input folder: images as NIfTI, or the series without what identifies the patient',
  );

const runtime = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('onnx'),
    file: file.describe('the network, with all weights in it or in files beside it'),
    optimisation: z
      .enum(['all', 'extended', 'basic', 'disabled'])
      .default('all')
      .describe('of the graph; another level gives other last digits and is therefore recorded'),
  }),
  z.strictObject({
    kind: z.literal('kserve'),
    url: z
      .url({ protocol: /^(https?|grpcs?)$/ })
      .describe(
        'https://, http://, grpcs:// (TLS) or grpc://, without a path, of a server of the v2 protocol, e.g. Triton',
      ),
    model: name,
    modelVersion: name.optional(),
  }),
  z
    .strictObject({ kind: z.literal('command'), command: words.min(1), format })
    .describe('a program of this machine, without a shell; a site must allow them'),
  z
    .strictObject({
      kind: z.literal('container'),
      image: z
        .string()
        .max(500)
        .regex(/^([\w./:-]+@)?sha256:[0-9a-f]{64}$/, 'an image by its digest: name@sha256:… or sha256:…')
        .describe('container image, by its digest; it must be on the machine already'),
      command: words.default([]).describe('what follows the image: arguments of its entry point'),
      format,
    })
    .describe('a program in a container: no network, not root'),
]);

export const modelManifest = z
  .strictObject({
    schema: z.literal('photopeak/model/1'),
    id: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .max(64)
      .describe('lower-case words with hyphens; stays over all versions'),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/)
      .max(64)
      .describe('as semver.org has it; another file is another version'),
    title: name,
    task: z.enum(modelTasks),
    modality: z
      .array(z.string().regex(/^[A-Z]{2,4}$/))
      .min(1)
      .max(16),
    bodyPart: z
      .array(z.string().regex(/^[A-Z ]{2,16}$/))
      .max(64)
      .default([])
      .describe('Body Part Examined it is for; empty: any'),
    runtime,
    input: z.array(input).min(1).max(8),
    output: z.array(output).min(1).max(8),
    intendedUse: text.describe('what it is for, and what it is not for'),
    regulatory: z
      .array(
        z.strictObject({
          region: name.describe('e.g. EU, US'),
          status: z.enum(['research', 'investigational', 'cleared', 'certified', 'in-house']),
          reference: name.optional().describe('number of the clearance or certificate'),
        }),
      )
      .min(1)
      .max(64),
    evidence: z
      .array(z.strictObject({ claim: text, source: text }))
      .max(64)
      .default([]),
    licence: name.describe('SPDX identifier, or the words of the licence'),
    hardware: z
      .strictObject({
        gpu: z.enum(['none', 'optional', 'required']).default('none'),
        memoryMb: z.int().min(16).max(1_000_000).default(4096),
      })
      .prefault({}),
    timeoutSeconds: z.int().min(1).max(86_400).default(600).describe('for one series'),
    card: file.optional().describe('Markdown for people: training data, results, limits'),
  })
  .superRefine((model, context) => {
    const refuse = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    model.input.forEach(({ layout, neighbours, patch, channels }, index) => {
      const isFlat = !layout.includes('D');
      if (neighbours > 0 && !isFlat)
        refuse(['input', index, 'neighbours'], 'planes become channels only with a layout without D');
      if (neighbours > 0 && channels.length > 1)
        refuse(['input', index, 'neighbours'], 'planes become channels of one image only');
      if (isFlat && patch !== undefined && patch[2] !== 1)
        refuse(['input', index, 'patch', 2], 'one plane at a time: 1');
      if (model.input.length > 1 && model.input[index]!.tensor === undefined)
        refuse(['input', index, 'tensor'], 'with several inputs each names its tensor');
    });
    model.output.forEach(({ tensor }, index) => {
      if (model.output.length > 1 && tensor === undefined)
        refuse(['output', index, 'tensor'], 'with several outputs each names its tensor');
    });
  });

export type ModelManifest = z.infer<typeof modelManifest>;
export type ModelInput = ModelManifest['input'][number];
export type ModelOutput = ModelManifest['output'][number];
export type IntensityRule = z.infer<typeof intensityRule>;
