import { describe, expect, it } from 'vitest';
import type { Step, StudyInput } from '../pipeline.ts';
import { inProcessRunner, requireDeclaredOutputs, resultKey, runKey } from './index.ts';

const instance = (sha256: string, path: string) => ({
  path,
  sha256,
  sopClassUid: '1.2',
  sopInstanceUid: sha256,
  seriesInstanceUid: '1.3',
  studyInstanceUid: '1.4',
  modality: 'PT',
});
const study = (...instances: StudyInput['instances']): StudyInput => ({ studyInstanceUid: '1.4', instances });
const pipeline = { name: 'p', version: '1.0.0' };

describe('run key', () => {
  const key = runKey(
    pipeline,
    { a: 1, b: { c: 2, d: 3 } },
    study(instance('x', '/one'), instance('y', '/two')),
  );

  it('does not depend on paths, on the order of files or on the order of parameters', () => {
    const other = runKey(
      pipeline,
      { b: { d: 3, c: 2 }, a: 1 },
      study(instance('y', '/3'), instance('x', '/4')),
    );
    expect(other).toBe(key);
  });

  it('changes with input, parameters and version', () => {
    const files = study(instance('x', '/one'), instance('y', '/two'));
    expect(runKey({ ...pipeline, version: '1.0.1' }, { a: 1, b: { c: 2, d: 3 } }, files)).not.toBe(key);
    expect(runKey(pipeline, { a: 2, b: { c: 2, d: 3 } }, files)).not.toBe(key);
    expect(runKey(pipeline, { a: 1, b: { c: 2, d: 3 } }, study(instance('x', '/one')))).not.toBe(key);
  });
});

describe('run key with studies from before', () => {
  const files = study(instance('x', '/one'));
  const prior = { ...study(instance('y', '/two')), studyInstanceUid: '1.5' };

  it('depends on them and on their order, and without them is what it was', () => {
    const key = runKey(pipeline, {}, files);
    const withPrior = runKey(pipeline, {}, { ...files, priors: [prior] });
    expect(runKey(pipeline, {}, { ...files, priors: [] })).toBe(key);
    expect(withPrior).not.toBe(key);
    // A file does not move unnoticed from one study to the other.
    expect(runKey(pipeline, {}, study(instance('x', '/one'), instance('y', '/two')))).not.toBe(withPrior);
    const older = { ...prior, studyInstanceUid: '1.6' };
    expect(runKey(pipeline, {}, { ...files, priors: [older, prior] })).not.toBe(
      runKey(pipeline, {}, { ...files, priors: [prior, older] }),
    );
  });
});

describe('result key', () => {
  const files = study(instance('x', '/one'));
  const adding = { ...pipeline, additions: { nifti: false } };
  const key = resultKey(adding, { threshold: 'percist', nifti: false }, files);

  it('is that of the run that asks for nothing more', () => {
    expect(key).toBe(runKey(adding, { threshold: 'percist', nifti: false }, files));
    expect(resultKey(adding, { threshold: 'percist', nifti: true }, files)).toBe(key);
    expect(runKey(adding, { threshold: 'percist', nifti: true }, files)).not.toBe(key);
  });

  it('changes with what changes a result', () => {
    expect(resultKey(adding, { threshold: 'suv4.0', nifti: false }, files)).not.toBe(key);
  });
});

describe('running in one process', () => {
  const double: Step<number, number> = {
    name: 'double',
    version: '1',
    resource: 'cpu',
    run: async (input, { progress }) => {
      progress(0.5, 'half');
      return input * 2;
    },
  };

  it('passes input and output, and tells what happens', async () => {
    const seen: string[] = [];
    const runner = inProcessRunner({
      run: { key: 'k', at: '2024-01-01T00:00:00' },
      observer: {
        started: (step) => seen.push(`start ${step}`),
        progressed: (step, fraction, message) => seen.push(`${step} ${fraction} ${message}`),
        ended: (step) => seen.push(`end ${step}`),
      },
    });
    expect(await runner.step(double, 21)).toBe(42);
    expect(seen).toEqual(['start double', 'double 0.5 half', 'end double']);
  });

  it('stops before a step when it was cancelled', async () => {
    const runner = inProcessRunner({
      run: { key: 'k', at: '2024-01-01T00:00:00' },
      signal: AbortSignal.abort(new Error('cancelled')),
    });
    await expect(runner.step(double, 1)).rejects.toThrow('cancelled');
  });
});

describe('declared outputs', () => {
  const declared = { name: 'p', outputs: [{ name: 'sr', description: '', required: true }] };
  const object = (output: string) => ({
    output,
    fileName: 'f',
    kind: 'json' as const,
    bytes: new Uint8Array(),
  });

  it('refuses a run that lacks one or invents one', () => {
    const result = (...outputs: string[]) => ({ objects: outputs.map(object), summary: {}, findings: [] });
    expect(requireDeclaredOutputs(declared, result('sr')).objects).toHaveLength(1);
    expect(() => requireDeclaredOutputs(declared, result())).toThrow('not the declared ones');
    expect(() => requireDeclaredOutputs(declared, result('sr', 'seg'))).toThrow('not the declared ones');
  });
});
