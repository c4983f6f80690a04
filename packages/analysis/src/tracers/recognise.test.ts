import { describe, expect, it } from 'vitest';
import { recogniseTracer, type TracerWords } from './index.ts';

const nothing: TracerWords = { codes: [], names: [], descriptions: [], radionuclide: null };

describe('the tracer is recognised', () => {
  it.each([
    ['SCT:35321007', 'fdg', 'FDG'],
    ['NCIT:C118961', 'psma', 'PSMA-11'],
    ['DCM:126758', 'psma-1007', 'PSMA-1007'],
    ['UMLS:C2713594', 'somatostatin', 'DOTATOC'],
    ['SCT:129501009', 'fluoride', 'sodium fluoride'],
  ])('by its code %s', (code, tracer, agent) => {
    expect(recogniseTracer({ ...nothing, codes: [code] })).toMatchObject({ tracer, agent, how: 'code' });
  });

  it.each([
    ['FDG -- fluorodeoxyglucose', 'fdg'],
    ['Fluorodeoxyglucose F^18^', 'fdg'],
    ['[18F]-Fluordesoxyglukose', 'fdg'],
    ['68Ga PSMA-11', 'psma'],
    ['Ga68-PSMA', 'psma'],
    ['F-18 Piflufolastat', 'psma'],
    ['18F-rhPSMA-7.3', 'psma'],
    ['[18F]PSMA-1007', 'psma-1007'],
    ['68Ga-DOTA-TATE', 'somatostatin'],
    ['Ga-68 DOTATOC', 'somatostatin'],
    ['Cu-64 Detectnet', 'somatostatin'],
    ['68Ga-FAPI-46', 'fapi'],
    ['Sodium fluoride F^18^', 'fluoride'],
    ['18F-NaF', 'fluoride'],
    ['F-18 NaF', 'fluoride'],
  ])('by its name %s', (name, tracer) => {
    expect(recogniseTracer({ ...nothing, names: [name] })).toMatchObject({ tracer, how: 'name' });
  });

  it('by a description where the name is only a nuclide', () => {
    const words = {
      ...nothing,
      names: ['Ga-68'],
      descriptions: ['PET GK PSMA'],
      radionuclide: '^68^Gallium',
    };
    expect(recogniseTracer(words)).toMatchObject({ tracer: 'psma', how: 'description' });
  });

  it('and one that is named and not known is not taken for another', () => {
    const words = { ...nothing, names: ['18F-Fluciclovine'], descriptions: ['WB FDG'] };
    expect(recogniseTracer(words)).toMatchObject({ tracer: 'unknown', agent: '18F-Fluciclovine' });
    expect(recogniseTracer({ ...nothing, radionuclide: '^68^Gallium' })).toMatchObject({ tracer: 'unknown' });
  });

  it('and F-18 without a name is taken for FDG, and says so', () => {
    const assumed = recogniseTracer({ ...nothing, radionuclide: '^18^Fluorine' });
    expect(assumed).toMatchObject({ tracer: 'fdg', how: 'assumed' });
    expect(assumed.reason).toContain('name no tracer');
  });
});
