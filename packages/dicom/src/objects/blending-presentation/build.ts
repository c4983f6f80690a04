import { Dataset, UID } from '../../data/index.ts';
import {
  addBodyPart,
  addContentDateTime,
  addContentIdentification,
  type InstanceReference,
  type ObjectContext,
  objectError,
  sopReferenceItem,
  startObject,
} from '../common/index.ts';
import { srgbProfile } from './srgb-profile.ts';

/** One of the two series that are shown over each other. */
export interface BlendedSeries {
  readonly images: readonly InstanceReference[];
  /** Header of one of the images, for its rescale and rows and columns. */
  readonly header: Dataset;
  /** In the unit of the rescaled values. */
  readonly window: { readonly centre: number; readonly width: number };
}

export interface BlendingPresentationInput {
  readonly context: ObjectContext;
  /** Shown in grey below. */
  readonly underlying: BlendedSeries;
  /** Shown in colour above. */
  readonly superimposed: BlendedSeries;
  /** Share of the superimposed image, 0 … 1. */
  readonly opacity: number;
  /** 256 colours, three bytes each. */
  readonly palette: Uint8Array;
  /** Spatial Registration that relates the two; none where they share a frame of reference. */
  readonly registration?: InstanceReference;
  readonly label?: string;
  readonly description?: string;
}

const COLOURS = 256;
const CHANNELS = ['Red', 'Green', 'Blue'] as const;

/** Series of a study with the images of each, PS3.3 Table C.11.11-1. */
function referencedSeries(images: readonly InstanceReference[]): Dataset[] {
  const bySeries = new Map<string, InstanceReference[]>();
  for (const image of images) {
    const list = bySeries.get(image.seriesInstanceUid);
    if (list === undefined) bySeries.set(image.seriesInstanceUid, [image]);
    else list.push(image);
  }
  return [...bySeries].map(([seriesInstanceUid, members]) =>
    Dataset.of({
      SeriesInstanceUID: seriesInstanceUid,
      ReferencedImageSequence: members.map(sopReferenceItem),
    }),
  );
}

/** Item of Blending Sequence (0070,0402), PS3.3 Table C.11.14-1. */
function blendingItem(series: BlendedSeries, position: 'UNDERLYING' | 'SUPERIMPOSED'): Dataset {
  const { header, images, window } = series;
  return Dataset.of({
    BlendingPosition: position,
    StudyInstanceUID: header.text('StudyInstanceUID') ?? '',
    ReferencedSeriesSequence: referencedSeries(images),
    RescaleIntercept: header.number('RescaleIntercept') ?? 0,
    RescaleSlope: header.number('RescaleSlope') ?? 1,
    RescaleType: header.text('Modality') === 'CT' ? 'HU' : 'US',
    SoftcopyVOILUTSequence: Dataset.of({ WindowCenter: window.centre, WindowWidth: window.width }),
  });
}

/** Whole images scaled to fit, PS3.3 C.10.4. */
function displayedArea({ header }: BlendedSeries): Dataset {
  return Dataset.of({
    DisplayedAreaTopLeftHandCorner: [1, 1],
    DisplayedAreaBottomRightHandCorner: [header.number('Columns') ?? 1, header.number('Rows') ?? 1],
    PresentationSizeMode: 'SCALE TO FIT',
    PresentationPixelAspectRatio: ['1', '1'],
  });
}

/**
 * Blending Softcopy Presentation State (PS3.3 A.33.4, the object of IHE's Image Fusion profile): a series in colour over
 * one in grey, with windows, palette and opacity, and the registration between them. It refers to the series as they
 * are. A slope that differs from image to image (PET) has one value here: windows then hold for that image only, so blend a
 * resampled series, which has one slope.
 */
export function buildBlendingPresentation(input: BlendingPresentationInput): Dataset {
  const { context, underlying, superimposed, palette, opacity } = input;
  if (palette.length !== 3 * COLOURS || !(opacity >= 0 && opacity <= 1)) {
    throw objectError('OBJECT_INPUT_INVALID', 'A blending needs 256 colours and an opacity from 0 to 1', {
      found: `${palette.length / 3} colours, opacity ${opacity}`,
    });
  }
  if (underlying.images.length === 0 || superimposed.images.length === 0) {
    throw objectError('OBJECT_INPUT_INVALID', 'A blending refers to images of two series');
  }
  const object = startObject(context, UID.BlendingSoftcopyPresentationStateStorage, 'PR');
  addBodyPart(object, context.source);
  addContentIdentification(object, { ...input, label: input.label ?? 'FUSION' });
  addContentDateTime(object, context);
  object.set('PresentationCreationDate', object.text('ContentDate') ?? '');
  object.set('PresentationCreationTime', object.text('ContentTime') ?? '');
  object.delete('ContentDate');
  object.delete('ContentTime');
  object.set('BlendingSequence', [
    blendingItem(superimposed, 'SUPERIMPOSED'),
    blendingItem(underlying, 'UNDERLYING'),
  ]);
  object.set('RelativeOpacity', opacity);
  if (input.registration !== undefined) {
    object.set('ReferencedSpatialRegistrationSequence', [
      Dataset.of({
        StudyInstanceUID: object.text('StudyInstanceUID') ?? '',
        ReferencedSeriesSequence: [
          Dataset.of({
            SeriesInstanceUID: input.registration.seriesInstanceUid,
            ReferencedSOPSequence: [sopReferenceItem(input.registration)],
          }),
        ],
      }),
    ]);
  }
  object.set('DisplayedAreaSelectionSequence', [displayedArea(underlying)]);
  CHANNELS.forEach((channel, at) => {
    const data = Uint16Array.from({ length: COLOURS }, (_, n) => palette[3 * n + at]! * 257);
    object.set(`${channel}PaletteColorLookupTableDescriptor`, [COLOURS, 0, 16]);
    object.set(`${channel}PaletteColorLookupTableData`, data, 'OW');
  });
  object.set('ICCProfile', srgbProfile());
  return object;
}
