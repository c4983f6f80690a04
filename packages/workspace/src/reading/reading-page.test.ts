import { describeWithPeers } from '@photopeak/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { READER, TOKEN } from '../../testing/fixture/index.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';
import { voxelAt } from '../geometry/index.ts';
import { millilitres, uptake } from '../text/index.ts';

describeWithPeers('the reading page', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  let list: WorklistPage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    list = new WorklistPage(visit.page);
    await list.wait();
  });
  afterEach(async () => {
    expect(visit.complaints).toEqual([]);
    await visit.context.close();
  });

  const open = async (patient: string): Promise<ReadingPage> => {
    const reading = await list.open(patient);
    await reading.waitForPictures();
    return reading;
  };

  it('shows the numbers of the node and those of the voxels', async () => {
    const reading = await open('Phantom, Petra');
    const [study] = stage.server.studies;
    const summary = study!.summary!;
    for (const lesion of summary.lesions) {
      const line = await reading.lesion(lesion.id).textContent();
      expect(line).toContain(uptake(lesion.suvMax));
      expect(line).toContain(uptake(lesion.suvMean));
      expect(line).toContain(millilitres(lesion.mtvMl));
      await reading.select(lesion.id);
      const { grid, data } = study!.voxels(`${study!.uid}.1`);
      const hu = voxelAt({ ...grid, data }, lesion.maximumPosition);
      const ratios = { lbm: 0.76, bsa: 0.02553 };
      expect(await reading.readout()).toEqual({
        hu: String(hu),
        bw: uptake(lesion.suvMax),
        lbm: uptake(lesion.suvMax * ratios.lbm),
        bsa: uptake(lesion.suvMax * ratios.bsa),
        activity: undefined,
      });
    }
  });

  it('triangulates from every pane, and from the projection to the brightest voxel', async () => {
    const reading = await open('Phantom, Petra');
    const plane = async (id: string) => /plane (\d+) of/.exec(await reading.paneLabel(id))?.[1];
    await reading.select('L3');
    const before = await plane('axial-fusion');
    await reading.click('coronal-fusion', 0.5, 0.75);
    await eventually(() => plane('axial-fusion')).not.toBe(before);
    const sagittal = await plane('sagittal-fusion');
    await reading.click('axial-fusion', 0.3, 0.5);
    await eventually(() => plane('sagittal-fusion')).not.toBe(sagittal);
    const coronal = await plane('coronal-fusion');
    await reading.click('sagittal-fusion', 0.6, 0.5);
    await eventually(() => plane('coronal-fusion')).not.toBe(coronal);
    // The urinary bladder is the hottest spot of the phantom; in the projection it lies near the bottom.
    const box = (await reading.pane('mip-pet').boundingBox())!;
    const down = 0.5 + (305 / 860) * Math.min(1, (box.width / box.height) * (860 / 423));
    await reading.click('mip-pet', 0.5, down);
    await eventually(async () => Number((await reading.readout()).bw)).toBeGreaterThan(10);
  });

  it('links the table and the pictures both ways', async () => {
    const reading = await open('Phantom, Petra');
    await reading.press('j');
    expect(await reading.lesion('L1').getAttribute('aria-selected')).toBe('true');
    const label = await reading.paneLabel('axial-fusion');
    await reading.press('j');
    expect(await reading.lesion('L2').getAttribute('aria-selected')).toBe('true');
    expect(await reading.paneLabel('axial-fusion')).not.toBe(label);
    // Back to the first by a click on the hot spot in the axial plane.
    await reading.press('k');
    await reading.press('Escape');
    await list.wait();
    const again = await open('Phantom, Petra');
    const box = (await again.pane('axial-fusion').boundingBox())!;
    const [x] = stage.server.studies[0]!.summary!.lesions[0]!.maximumPosition;
    const scale = Math.min(box.width, box.height) / (160 * 2.6);
    const across = 0.5 + (x * scale) / box.width;
    const y = stage.server.studies[0]!.summary!.lesions[0]!.maximumPosition[1];
    await again.click('axial-fusion', across, 0.5 + (y * scale) / box.height);
    await eventually(() => again.lesion('L1').getAttribute('aria-selected')).toBe('true');
  });

  it('answers to keys for windows, ranges, fusion and layout', async () => {
    const reading = await open('Phantom, Petra');
    const pane = reading.pane('axial-fusion');
    for (const [key, text] of [
      ['2', 'W 1500 L -600'],
      ['3', 'W 2000 L 400'],
      ['1', 'W 400 L 40'],
      ['9', 'SUV 0–15'],
      ['6', 'SUV 0–5'],
    ] as const) {
      await reading.press(key);
      await eventually(() => pane.textContent()).toContain(text);
    }
    await reading.tap('f');
    await eventually(() => reading.paneLabel('axial-fusion')).toMatch(/^Axial CT,/);
    await reading.tap('f');
    await eventually(() => reading.paneLabel('axial-fusion')).toMatch(/^Axial CT \+ PET,/);
    await reading.press('n');
    await eventually(() => reading.page.locator('[data-pane]').count()).toBe(4);
    await reading.press('m');
    await eventually(() => reading.pane('axial-fusion').isVisible()).toBe(false);
    await reading.press('Escape');
    await eventually(() => reading.pane('axial-fusion').isVisible()).toBe(true);
    await reading.press('?');
    const help = reading.page.getByRole('dialog', { name: 'Keys and mouse' });
    expect(await help.textContent()).toContain('Next finding');
    await reading.press('Escape');
    await eventually(() => help.isVisible()).toBe(false);
  });

  it('never fuses without a registration, and says why', async () => {
    const reading = await open('Frames, Two');
    expect(await reading.page.getByText('PET and CT are not fused.').isVisible()).toBe(true);
    expect(await reading.page.locator('[data-pane$="-fusion"]').count()).toBe(0);
    const ct = await reading.paneLabel('axial-ct');
    await reading.select('L3');
    await eventually(() => reading.paneLabel('axial-pet')).toContain('plane');
    expect(await reading.paneLabel('axial-ct')).toBe(ct);
    await reading.tap('f');
    expect(await reading.page.locator('[data-pane$="-fusion"]').count()).toBe(0);
  });

  it('shows a PET without SUV in its own unit, with the reason', async () => {
    const reading = await open('Weight, Missing');
    const body = await reading.page.locator('body').textContent();
    expect(body).toContain('SUV not computable');
    expect(body).toContain('patient weight is missing');
    expect(await reading.pane('mip-pet').textContent()).toContain('kBq/ml');
    expect(await reading.pane('mip-pet').textContent()).not.toContain('SUV');
    const readout = await reading.readout();
    expect(readout.bw).toBeUndefined();
    expect(Number(readout.activity)).toBeGreaterThan(0);
    await reading.press('9');
    await eventually(() => reading.page.getByLabel('PET range (6–9)').inputValue()).toBe('share-1');
  });

  it('shows a CT alone without pretending', async () => {
    const reading = await open('Only, Ct');
    expect(await reading.page.locator('[data-pane]').count()).toBe(3);
    expect(await reading.page.getByText('no attenuation-corrected PET series').first().isVisible()).toBe(
      true,
    );
  });

  it('lets the reader accept, modify, reject, take back, add uptake, and sign', async () => {
    const reading = await open('Phantom, Petra');
    const [study] = stage.server.studies;
    expect(await reading.page.getByRole('button', { name: 'Sign…' }).isDisabled()).toBe(true);
    await reading.accept('L1');
    await reading.modify('L2', { name: 'Station 7', site: 'Lymph node' });
    expect(await reading.lesion('L2').textContent()).toContain('Station 7');
    await reading.reject('L3');
    await reading.press('Control+z');
    await reading.waitForVerdict('L3', 'undecided');
    expect(study!.undecided()).toEqual([study!.summary!.lesions[2]!.trackingUid]);
    await reading.press('p');
    await reading.page.getByRole('button', { name: 'Add Urinary bladder to the findings' }).click();
    await reading.waitForVerdict('P2', 'accepted');
    await eventually(() => reading.page.locator('aside').textContent()).toContain('3 of 4 findings decided');
    await reading.press('x');
    await reading.waitForVerdict('P2', 'undecided');
    expect(await reading.page.getByRole('button', { name: 'Reject', exact: true }).isDisabled()).toBe(true);
    await reading.modify('P2', { name: 'Pelvic mass', site: 'Other' });
    expect(await reading.lesion('P2').textContent()).toContain('Pelvic mass');
    await reading.acceptAll();
    await reading.waitForVerdict('L3', 'accepted');
    await reading.sign('not the password');
    const dialog = reading.page.getByRole('dialog');
    await eventually(() => dialog.textContent()).toContain('The password is not right.');
    await dialog.getByLabel('Your password').fill(READER.password);
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
    await reading.signature.waitFor();
    const actions = study!.summary!.lesions.map((lesion) => study!.decisions.get(lesion.trackingUid)?.action);
    expect(actions).toEqual(['accept', 'modify', 'accept']);
    expect(study!.signature?.signedBy).toBe('A. Reader');
    expect(await reading.page.getByRole('button', { name: 'Accept', exact: true }).count()).toBe(0);
    await reading.press('x');
    expect(await reading.verdict('L3')).toBe('accepted');
  });

  it('goes on with small volumes when the graphics context is lost', async () => {
    await visit.page.addInitScript(() => {
      const contexts: WebGL2RenderingContext[] = [];
      (window as unknown as { contexts: WebGL2RenderingContext[] }).contexts = contexts;
      const original = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
        const context = (original as (...rest: unknown[]) => unknown).apply(this, args);
        if (context instanceof WebGL2RenderingContext) contexts.push(context);
        return context;
      } as typeof original;
    });
    await visit.page.reload();
    const reading = await open('Weight, Missing');
    await visit.page.evaluate(() => {
      const { contexts } = window as unknown as { contexts: WebGL2RenderingContext[] };
      for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
    });
    await reading.page.getByText('The graphics memory of this computer ran out').waitFor();
    await eventually(() => reading.pane('axial-fusion').getAttribute('data-quality')).toBe('preview');
    expect((await reading.readout()).activity).toBe('—');
  });
});
