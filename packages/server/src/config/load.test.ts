import { describe, expect, it } from 'vitest';
import { ConfigurationError, checkTlsFiles, configurationJsonSchema, parseConfiguration } from './index.ts';

function problemsOf(text: string, environment = {}): readonly string[] {
  try {
    parseConfiguration(text, 'photopeak.yaml', environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('photopeak.yaml', () => {
  it('names the place of an alias that stands for nothing', () => {
    expect(() => parseConfiguration('node:\n  name: *nobody\n', 'f.yaml', {})).toThrow(
      /^f\.yaml:2:9 Unresolved alias/,
    );
  });

  it('is complete when empty: loopback, no credentials needed', () => {
    const configuration = parseConfiguration('');
    expect(configuration.http).toMatchObject({ host: '127.0.0.1', port: 8042 });
    expect(configuration.dicom.aeTitle).toBe('PHOTOPEAK');
    expect(configuration.routes).toEqual([]);
  });

  it('names line and column of a wrong value, an unknown key and a wrong name', () => {
    const text = [
      'dicom:',
      '  port: "abc"',
      '  aeTitel: X',
      'destinations:',
      '  - { kind: dimse, name: pacs, aeTitle: ORTHANC, host: localhost, port: 4242 }',
      'routes:',
      '  - name: pet',
      '    when: { modalities: [PT] }',
      '    deliver: [pax]',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^photopeak\.yaml:2:9 dicom\.port: /),
      expect.stringMatching(/^photopeak\.yaml:3:3 dicom: "aeTitel" is not a setting/),
    ]);
    expect(problemsOf(text.replace('"abc"', '104').replace('aeTitel', 'aeTitle'))).toEqual([
      'photopeak.yaml:9:15 routes.0.deliver.0: no destination is named "pax"; there are: pacs',
    ]);
  });

  it('reports YAML that cannot be parsed at its place', () => {
    expect(problemsOf('http:\n  port: [1\n')[0]).toMatch(/^photopeak\.yaml:\d+:\d+ /);
  });

  it('refuses to listen beyond loopback without a secret and without named senders', () => {
    expect(problemsOf('http: { host: 0.0.0.0 }\ndicom: { host: 0.0.0.0 }')).toEqual([
      expect.stringContaining('1:15 http.host: listening beyond loopback needs security.secret'),
      expect.stringContaining('2:16 dicom.host: listening beyond loopback needs at least one source'),
    ]);
  });

  it('takes secrets from the environment and says when one is missing', () => {
    const text = `security: { secret: "$${'{PHOTOPEAK_SECRET}'}" }`;
    const secret = 'a'.repeat(40);
    expect(parseConfiguration(text, 'f', { PHOTOPEAK_SECRET: secret }).security.secret).toBe(secret);
    expect(problemsOf(text)).toContainEqual(expect.stringContaining('PHOTOPEAK_SECRET is not set'));
  });

  it('sends no word to an inference server in the clear, and reads the certificates for one', () => {
    const server = (url: string, more: string) => `models: { servers: [{ url: "${url}", ${more} }] }`;
    expect(problemsOf(server('grpc://triton:8001', 'token: word'))).toEqual([
      expect.stringContaining('models.servers.0.token: only over https or grpcs'),
    ]);
    expect(problemsOf(server('ftp://triton', 'token: word'))[0]).toContain('models.servers.0.url');
    const parsed = parseConfiguration(
      server('grpcs://triton:8001', 'tls: { authorities: /no/such.pem }'),
      'f',
      {},
    );
    expect(checkTlsFiles(parsed, new Date()).problems).toMatchObject([
      { path: ['models', 'servers', 0, 'tls', 'authorities'], code: 'TLS_FILE_UNREADABLE' },
    ]);
  });

  it('exports a JSON schema for editors that knows every top-level setting', () => {
    const schema = configurationJsonSchema() as { properties: Record<string, unknown> };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['dicom', 'http', 'sources', 'destinations', 'routes', 'studies']),
    );
  });
});
