import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { type FixtureStudy, makeMovedStudy, TOKEN } from '../../testing/fixture/index.ts';
import { againstGolden } from '../../testing/golden.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';
import { transformPoint, voxelAt } from '../geometry/index.ts';
import { uptake } from '../text/index.ts';

describeWithPeers('a PET turned by the registration', ['chromium'], () => {
  let study: FixtureStudy;
  let stage: Stage;
  let visit: Visit;
  let reading: ReadingPage;
  beforeAll(async () => {
    study = makeMovedStudy();
    stage = await Stage.open([study]);
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    const list = new WorklistPage(visit.page);
    await list.wait();
    reading = await list.open('Moved, Petra');
    await reading.waitForPictures();
  });
  afterAll(async () => {
    expect(visit.complaints).toEqual([]);
    await stage.close();
  });

  // The golden pictures look like those of the PET that needed no registration: the same body, nothing cut off.
  it('lies over the whole CT in three planes and in the projection', async () => {
    for (const pane of ['axial-fusion', 'coronal-fusion', 'sagittal-fusion', 'mip-pet']) {
      const difference = await againstGolden(visit.page, `moved-${pane}`, await reading.picture(pane));
      expect(difference.isSameSize, pane).toBe(true);
      expect(difference.mean, pane).toBeLessThan(1);
      expect(difference.share, pane).toBeLessThan(0.01);
    }
  });

  it('is measured in its own voxels', async () => {
    const { matrix } = study.summary!.registration!;
    const ct = study.voxels(`${study.uid}.1`);
    for (const lesion of study.summary!.lesions) {
      await reading.select(lesion.id);
      const { hu, bw } = await reading.readout();
      expect(bw).toBe(uptake(lesion.suvMax));
      const point = transformPoint(matrix, lesion.maximumPosition);
      expect(hu).toBe(String(voxelAt({ ...ct.grid, data: ct.data }, point)));
    }
  });
});
