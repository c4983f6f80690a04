import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { TOKEN } from '../../testing/fixture/index.ts';
import { makeReferenceStudy } from '../../testing/fixture/reference-study.ts';
import { againstGolden, differenceFromGolden } from '../../testing/golden.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';

/**
 * Golden pictures of the digital reference patient of @photopeak/phantom, drawn by the software renderer: picture, outlines and cross-hair, no
 * text. Two runs on one machine give the same bytes; another build of the renderer may round differently along
 * edges. A mean difference above one grey level of 255, or more than 1 % of pixels off by more than 32 levels, is a
 * changed picture: a flipped side, a window off by 20 HU or an outline off by a voxel are each well above.
 */
const MEAN_LEVELS = 1;
const SHARE = 0.01;

describeWithPeers('pictures of the phantom', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  let reading: ReadingPage;
  beforeAll(async () => {
    stage = await Stage.open([makeReferenceStudy()]);
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    const list = new WorklistPage(visit.page);
    await list.wait();
    reading = await list.open('Phantom, Petra');
    await reading.waitForPictures();
  });
  afterAll(() => stage.close());

  const check = async (pane: string, name: string) => {
    await reading.waitForPictures();
    const difference = await againstGolden(visit.page, name, await reading.picture(pane));
    expect(difference.isSameSize, name).toBe(true);
    expect(difference.mean, name).toBeLessThan(MEAN_LEVELS);
    expect(difference.share, name).toBeLessThan(SHARE);
  };

  it('shows CT and PET fused in three planes, and the projection with outlines', async () => {
    for (const pane of ['axial-fusion', 'coronal-fusion', 'sagittal-fusion', 'mip-pet', 'axial-ct']) {
      await check(pane, pane);
    }
  });

  it('shows the lung window, another range and the rainbow', async () => {
    await reading.press('2');
    await reading.press('8');
    await reading.press('Shift+I');
    await eventually(() => reading.page.getByLabel('Fusion colour table (Shift I)').inputValue()).toBe(
      'rainbow',
    );
    await check('coronal-fusion', 'coronal-fusion-lung-rainbow');
  });

  it('turns the projection', async () => {
    await reading.page.locator('[data-pane="mip-pet"] [role=img]').focus();
    for (let turn = 0; turn < 4; turn++) await reading.press('ArrowRight');
    await eventually(() => reading.paneLabel('mip-pet')).toContain('turned by 40 degrees');
    await check('mip-pet', 'mip-pet-40-degrees');
  });

  it('can tell a picture that changed', async () => {
    const picture = await reading.picture('coronal-fusion');
    const difference = await differenceFromGolden(visit.page, 'sagittal-fusion', picture);
    expect(difference.mean > MEAN_LEVELS || difference.share > SHARE || !difference.isSameSize).toBe(true);
  });
});
