import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { makeTiltedStudies, TOKEN } from '../../testing/fixture/index.ts';
import { difference } from '../../testing/golden.ts';
import { SignInPage, WorklistPage } from '../../testing/pages.ts';
import { uptake } from '../text/index.ts';

const PANES = ['axial-fusion', 'coronal-fusion', 'sagittal-fusion'];

/**
 * The same patient on grids that are not quite straight looks the same: nothing of the PET lies behind the CT. A PET
 * of which half does differs in 1.4 % of the pixels and more.
 */
describeWithPeers('series whose axes are not quite those of the patient', ['chromium'], () => {
  const studies = makeTiltedStudies();
  let stage: Stage;
  let visit: Visit;
  let straight: ReadonlyMap<string, Buffer>;
  beforeAll(async () => {
    stage = await Stage.open(studies);
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    await new WorklistPage(visit.page).wait();
    straight = await pictures('Not');
  });
  afterAll(async () => {
    await stage.close();
    expect(visit.complaints).toEqual([]);
  });

  const open = async (name: string) => {
    await visit.page.goto(stage.server.url);
    const list = new WorklistPage(visit.page);
    await list.wait();
    const reading = await list.open(`Tilted, ${name}`);
    await reading.waitForPictures();
    return reading;
  };
  const pictures = async (name: string) => {
    const reading = await open(name);
    return new Map(
      await Promise.all(PANES.map(async (pane) => [pane, await reading.picture(pane)] as const)),
    );
  };

  it.each(['Rounding', 'Pet', 'Ct'])('are fused whole: %s', async (name) => {
    for (const [pane, picture] of await pictures(name)) {
      const { mean, share, isSameSize } = await difference(visit.page, picture, straight.get(pane)!);
      expect(isSameSize, pane).toBe(true);
      expect(mean, pane).toBeLessThan(0.5);
      expect(share, pane).toBeLessThan(0.003);
    }
  });

  it('are measured in their own voxels', async () => {
    const reading = await open('Pet');
    for (const lesion of studies[2]!.summary!.lesions) {
      await reading.select(lesion.id);
      expect((await reading.readout()).bw).toBe(uptake(lesion.suvMax));
    }
  });
});
