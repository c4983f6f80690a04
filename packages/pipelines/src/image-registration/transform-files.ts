import type { DisplacementField, Mat4 } from '@photopeak/imaging';

/** The pull (fixed → moving) as an ITK transform file, which elastix, ANTs, Slicer and plastimatch read. LPS mm. */
export function itkTransform(pull: Mat4): Uint8Array {
  const m = pull;
  const parameters = [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10], m[3], m[7], m[11]];
  return new TextEncoder().encode(
    [
      '#Insight Transform File V1.0',
      '#Transform 0',
      'Transform: AffineTransform_double_3_3',
      `Parameters: ${parameters.join(' ')}`,
      'FixedParameters: 0 0 0',
      '',
    ].join('\n'),
  );
}

/** A displacement field as MetaImage (.mha) of three float32 a node, LPS mm, as ITK's DisplacementFieldTransform takes it. */
export function metaField(field: DisplacementField): Uint8Array {
  const d = field.direction;
  const header = [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    'BinaryDataByteOrderMSB = False',
    'CompressedData = False',
    // The unit vectors of the axes one after the other.
    `TransformMatrix = ${[d[0], d[3], d[6], d[1], d[4], d[7], d[2], d[5], d[8]].join(' ')}`,
    `Offset = ${field.origin.join(' ')}`,
    `ElementSpacing = ${field.spacingMm.join(' ')}`,
    `DimSize = ${field.size.join(' ')}`,
    'ElementNumberOfChannels = 3',
    'ElementType = MET_FLOAT',
    'ElementDataFile = LOCAL\n',
  ].join('\n');
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(text.length + 4 * field.data.length);
  bytes.set(text);
  const view = new DataView(bytes.buffer, text.length);
  for (let n = 0; n < field.data.length; n++) view.setFloat32(4 * n, field.data[n]!, true);
  return bytes;
}
