import { Dataset } from '@photopeak/dicom';
import { describe, expect, it } from 'vitest';
import { fillTemplate } from './path-template.ts';

describe('path templates', () => {
  const dataset = Dataset.of({
    PatientID: '../../etc/passwd',
    Modality: 'CT',
    StudyDescription: 'Ganzkörper / a:b',
  });

  it('keep values inside the folder', () => {
    expect(fillTemplate('{PatientID}/{Modality}.dcm', dataset)).toBe('.._.._etc_passwd/CT.dcm');
    expect(fillTemplate('/a/../{StudyDescription}/{StationName}', dataset)).toBe('a/Ganzkörper_a_b/unknown');
  });

  it('refuse what is no attribute', () => {
    expect(() => fillTemplate('{Nonsense}', dataset)).toThrow(
      expect.objectContaining({ code: 'DELIVERY_TEMPLATE_INVALID' }),
    );
  });
});
