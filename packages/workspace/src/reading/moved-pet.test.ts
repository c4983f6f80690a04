import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { type FixtureStudy, makeMovedStudies, TOKEN } from '../../testing/fixture/index.ts';
import { againstGolden } from '../../testing/golden.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';
import { transformPoint, voxelAt } from '../geometry/index.ts';
import { uptake } from '../text/index.ts';

describeWithPeers('a PET turned by the registration', ['chromium'], () => {
  const studies = makeMovedStudies();
  let stage: Stage;
  let visit: Visit;
  beforeAll(async () => {
    stage = await Stage.open(studies);
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    await new WorklistPage(visit.page).wait();
  });
  afterAll(async () => {
    await stage.close();
    expect(visit.complaints).toEqual([]);
  });

  describe.each([
    { name: 'Far', study: studies[0]! },
    { name: 'Slightly', study: studies[1]! },
  ])('$name', ({ name, study }: { readonly name: string; readonly study: FixtureStudy }) => {
    let reading: ReadingPage;
    beforeAll(async () => {
      await visit.page.goto(stage.server.url);
      const list = new WorklistPage(visit.page);
      await list.wait();
      reading = await list.open(`Moved, ${name}`);
    });
    beforeEach(() => reading.waitForPictures());

    // The golden pictures look like those of the PET that needs no registration: the same body, nothing cut off.
    it('lies over the whole CT in three planes, and in the projection', async () => {
      for (const pane of ['axial-fusion', 'coronal-fusion', 'sagittal-fusion', 'mip-pet']) {
        const golden = `moved-${name.toLowerCase()}-${pane}`;
        const difference = await againstGolden(visit.page, golden, await reading.picture(pane));
        expect(difference.isSameSize, golden).toBe(true);
        expect(difference.mean, golden).toBeLessThan(1);
        expect(difference.share, golden).toBeLessThan(0.01);
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
});
