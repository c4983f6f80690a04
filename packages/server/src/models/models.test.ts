import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPackage } from '@photopeak/models';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Archive, openArchive } from '../archive/index.ts';
import { defaultConfiguration } from '../config/index.ts';
import { createBackup, verifyArchive } from '../operations/index.ts';
import { startTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  addModel,
  listModels,
  listPlacements,
  openModelStore,
  promoteModel,
  type RegistryContext,
  removeModel,
  resolveModel,
  rollbackModel,
  signDigest,
} from './index.ts';

describe('the models of a node', () => {
  let database: TestDatabase;
  let folder: string;
  let context: RegistryContext;
  let archive: Archive;
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database.stop());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'photopeak-models-'));
    await database.db.deleteFrom('model_placement').execute();
    await database.db.deleteFrom('model').execute();
    archive = await openArchive(path.join(folder, 'data'), defaultConfiguration().archive);
    context = {
      db: database.db,
      store: openModelStore(archive),
      trustedKeys: [],
      requireSignature: false,
      actor: 'tests',
    };
    return () => rm(folder, { recursive: true, force: true });
  });

  /** A package of a version whose network multiplies by a factor. */
  async function packageOf(version: string, { factor = 1, status = 'research' } = {}): Promise<string> {
    const home = path.join(folder, `package-${version}-${factor}`);
    await mkdir(home, { recursive: true });
    await writeFile(path.join(home, 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], factor));
    const text = manifestText().replace('1.0.0', version).replace('status: research', `status: ${status}`);
    await writeFile(path.join(home, 'model.yaml'), text);
    return home;
  }
  const audited = async () =>
    (
      await database.db
        .selectFrom('audit')
        .select('entry')
        .where('entry', 'like', '%"kind":"model"%')
        .orderBy('sequence')
        .execute()
    ).map(({ entry }) => JSON.parse(entry) as { subject: string; detail: { what: string } });
  const study = (studyInstanceUid: string, protocol = '') => ({ modality: 'CT', protocol, studyInstanceUid });

  it('are kept by their digest, once, and audited', async () => {
    const before = (await audited()).length;
    const home = await packageOf('1.0.0');
    const added = await addModel(context, home);
    expect(added).toMatchObject({ id: 'test-model', version: '1.0.0', signedBy: null, addedBy: 'tests' });
    expect(await addModel(context, home)).toEqual(added);
    expect(added.files.map(({ name }) => name)).toEqual(['model.onnx', 'model.yaml']);
    const laid = await context.store.laidOut(added.digest, added.files);
    expect((await openPackage(laid)).digest).toBe(added.digest);
    // What somebody changed there is laid out anew from the store; what is lost there comes back with the package.
    await writeFile(path.join(laid, 'model.onnx'), 'other bytes');
    expect(await context.store.laidOut(added.digest, added.files)).toBe(laid);
    expect((await openPackage(laid)).digest).toBe(added.digest);
    await rm(laid, { recursive: true });
    await writeFile(archive.artifacts.pathOf(added.files[1]!.sha256), 'damaged on the disk');
    await rm(archive.artifacts.pathOf(added.files[0]!.sha256));
    await expect(context.store.laidOut(added.digest, added.files)).rejects.toMatchObject({
      code: 'MODEL_DAMAGED',
    });
    const verified = await verifyArchive({ db: database.db, archive });
    expect(verified.problems.map(({ store, sha256 }) => [store, sha256])).toEqual([
      ['artifacts', added.files[1]!.sha256],
      ['artifacts', added.files[0]!.sha256],
    ]);
    await addModel(context, home);
    expect(await context.store.laidOut(added.digest, added.files)).toBe(laid);
    const saved = await createBackup({
      url: database.url,
      archive,
      to: path.join(folder, 'backup'),
      node: 'test',
      version: '0',
    });
    expect(saved).toMatchObject({ files: added.files.length, missing: [] });
    expect((await audited()).slice(before)).toMatchObject([
      { subject: 'model:test-model@1.0.0', detail: { what: 'added', digest: added.digest } },
    ]);
  });

  it('under one version are one package, and links are none', async () => {
    await addModel(context, await packageOf('1.0.0'));
    await expect(addModel(context, await packageOf('1.0.0', { factor: 2 }))).rejects.toMatchObject({
      code: 'MODEL_VERSION_TAKEN',
    });
    const linked = await packageOf('1.0.1');
    await symlink('/etc/passwd', path.join(linked, 'card.md'));
    await expect(addModel(context, linked)).rejects.toMatchObject({ code: 'MODEL_PACKAGE_REFUSED' });
  });

  it('need a signature of a trusted key where the site says so', async () => {
    const pair = () => {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      return {
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    };
    const [ours, theirs] = [pair(), pair()];
    const strict = { ...context, trustedKeys: [ours.publicKey], requireSignature: true };
    const home = await packageOf('1.0.0');
    await expect(addModel(strict, home)).rejects.toMatchObject({ code: 'MODEL_SIGNATURE_MISSING' });
    const { digest } = await addModel(context, home);
    const wrong = [
      signDigest(digest, theirs.privateKey),
      signDigest('0'.repeat(64), ours.privateKey),
      'garbage',
    ];
    for (const signature of wrong) {
      await expect(addModel(strict, home, signature)).rejects.toMatchObject({
        code: 'MODEL_SIGNATURE_WRONG',
      });
    }
    await removeModel(context, 'test-model', '1.0.0');
    const signed = await addModel(strict, home, signDigest(digest, ours.privateKey));
    expect(signed.signedBy).toMatch(/^[0-9a-f]{64}$/);
    expect(() => signDigest(digest, 'no key')).toThrow(
      expect.objectContaining({ code: 'MODEL_KEY_UNUSABLE' }),
    );
  });

  it('serve by scope, the most detailed first, and roll back in one step', async () => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      await addModel(context, await packageOf(version, { factor: Number(version[2]) + 1 }));
    }
    await expect(resolveModel(database.db, 'test-model', study('1.2.3'))).rejects.toMatchObject({
      code: 'MODEL_NOT_PLACED',
    });
    const place = (version: string, scope = {}) =>
      promoteModel(context, { id: 'test-model', version, phase: 'assist', scope });
    await place('1.0.0');
    await place('1.1.0');
    await place('1.2.0', { modality: 'CT', protocol: 'LungScreening' });
    const serving = async (protocol = '') =>
      (await resolveModel(database.db, 'test-model', study('1.2.3', protocol))).version;
    expect([await serving(), await serving('LungScreening')]).toEqual(['1.1.0', '1.2.0']);
    expect(await rollbackModel(context, 'test-model', {}, 'streaks')).toMatchObject({
      version: '1.0.0',
      reason: 'rolled back from 1.1.0: streaks',
    });
    expect(await serving()).toBe('1.0.0');
    // Another one goes further back, not to what was just left.
    await expect(
      rollbackModel(context, 'test-model', { protocol: 'LungScreening', modality: 'CT' }),
    ).rejects.toMatchObject({
      code: 'MODEL_NOTHING_BEFORE',
    });
    expect(
      (await listPlacements(database.db)).map(({ scope, version }) => [scope.protocol, version]),
    ).toEqual([
      ['', '1.0.0'],
      ['LungScreening', '1.2.0'],
    ]);
  });

  it('may serve routinely only where they are cleared', async () => {
    await addModel(context, await packageOf('1.0.0'));
    await addModel(context, await packageOf('2.0.0', { status: 'certified' }));
    const promote = (version: string, region?: string) =>
      promoteModel(context, {
        id: 'test-model',
        version,
        phase: 'production',
        ...(region === undefined ? {} : { region }),
      });
    await expect(promote('1.0.0', 'EU')).rejects.toMatchObject({
      code: 'MODEL_NOT_CLEARED',
      found: 'EU: research',
    });
    await expect(promote('2.0.0', 'US')).rejects.toMatchObject({ code: 'MODEL_NOT_CLEARED' });
    await expect(promote('2.0.0')).rejects.toMatchObject({ code: 'MODEL_NOT_CLEARED' });
    expect(await promote('2.0.0', 'EU')).toMatchObject({ phase: 'production' });
  });

  it('try a candidate on a share of the studies, always the same, or unseen', async () => {
    for (const version of ['1.0.0', '1.1.0'])
      await addModel(context, await packageOf(version, { factor: Number(version[2]) + 1 }));
    const with_ = (candidate: Parameters<typeof promoteModel>[1]['candidate']) =>
      promoteModel(context, {
        id: 'test-model',
        version: '1.0.0',
        phase: 'assist',
        ...(candidate === undefined ? {} : { candidate }),
      });
    await expect(with_({ version: '1.1.0', mode: 'canary' })).rejects.toMatchObject({
      code: 'MODEL_CANDIDATE_SHARE',
    });
    await with_({ version: '1.1.0', mode: 'canary', share: 0.25 });
    const uids = Array.from({ length: 120 }, (_, n) => `1.2.826.${n}`);
    const served = async () =>
      Promise.all(uids.map((uid) => resolveModel(database.db, 'test-model', study(uid))));
    const first = await served();
    const canaries = first.filter(({ isCanary }) => isCanary);
    expect(canaries.every(({ version }) => version === '1.1.0')).toBe(true);
    // Four standard deviations of a share of 120.
    expect(Math.abs(canaries.length / 120 - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 120));
    expect(await served()).toEqual(first);
    await with_({ version: '1.1.0', mode: 'shadow' });
    expect(await resolveModel(database.db, 'test-model', study('1.2.3'))).toMatchObject({
      version: '1.0.0',
      isCanary: false,
      shadow: { version: '1.1.0' },
    });
  });

  it('stay while they are in use or may be gone back to', async () => {
    for (const minor of [0, 1, 2, 3]) {
      await addModel(context, await packageOf(`1.${minor}.0`, { factor: minor + 1 }));
      await promoteModel(context, { id: 'test-model', version: `1.${minor}.0`, phase: 'research' });
    }
    for (const version of ['1.3.0', '1.2.0', '1.1.0']) {
      await expect(removeModel(context, 'test-model', version)).rejects.toMatchObject({
        code: 'MODEL_IN_USE',
      });
    }
    await removeModel(context, 'test-model', '1.0.0');
    expect((await listModels(database.db)).map(({ version }) => version)).toEqual([
      '1.1.0',
      '1.2.0',
      '1.3.0',
    ]);
    await expect(removeModel(context, 'test-model', '1.0.0')).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
    // What was removed may come again.
    await addModel(context, await packageOf('1.0.0', { factor: 1 }));
    expect(await listModels(database.db)).toHaveLength(4);
  });
});
