import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { makeDeformedStudies, TOKEN } from '../../testing/fixture/index.ts';
import { difference } from '../../testing/golden.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';
import { transformPoint, voxelAt } from '../geometry/index.ts';
import { uptake } from '../text/index.ts';

/** A projection stands in the middle of its volume, which only the rigid registration moves. */
const PANES = ['axial-fusion', 'coronal-fusion'] as const;
const MOVED = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 24, 0, 0, 0, 1];

describeWithPeers('a PET that is deformed to the CT', ['chromium'], () => {
  const [, deformed] = makeDeformedStudies();
  let stage: Stage;
  let visit: Visit;
  let reading: ReadingPage;
  beforeAll(async () => {
    stage = await Stage.open(makeDeformedStudies());
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    await new WorklistPage(visit.page).wait();
  });
  afterAll(async () => {
    await stage.close();
    expect(visit.complaints).toEqual([]);
  });

  const open = async (name: string) => {
    await visit.page.goto(stage.server.url);
    const list = new WorklistPage(visit.page);
    await list.wait();
    const page = await list.open(`Low, ${name}`);
    await page.waitForPictures();
    return page;
  };
  const sign = (state: 'visible' | 'detached') =>
    visit.page.locator('[data-pane="axial-fusion"]').getByText('PET deformed').waitFor({ state });
  const pictures = async (page: ReadingPage) => {
    await page.select('L1');
    await page.waitForPictures();
    return Promise.all(PANES.map((pane) => page.picture(pane)));
  };

  it('lies on the CT as one that is moved there, with its outlines', async () => {
    const wanted = await pictures(await open('Rigid'));
    reading = await open('Deformed');
    await sign('visible');
    const found = await pictures(reading);
    for (const [index, pane] of PANES.entries()) {
      const { mean, share } = await difference(visit.page, found[index]!, wanted[index]!);
      expect(mean, pane).toBeLessThan(1);
      expect(share, pane).toBeLessThan(0.01);
    }
  });

  it('is measured in its own voxels, at the place that the picture shows', async () => {
    const ct = deformed!.voxels(`${deformed!.uid}.1`);
    for (const lesion of deformed!.summary!.lesions) {
      await reading.select(lesion.id);
      const { hu, bw } = await reading.readout();
      expect(bw).toBe(uptake(lesion.suvMax));
      const point = transformPoint(MOVED, lesion.maximumPosition);
      expect(hu).toBe(String(voxelAt({ ...ct.grid, data: ct.data }, point)));
    }
  });

  it('is seen as it was measured at a key, and deformed at once again', async () => {
    const before = await pictures(reading);
    await reading.tap('d');
    await sign('detached');
    const measured = await pictures(reading);
    const coronal = PANES.indexOf('coronal-fusion');
    expect((await difference(visit.page, measured[coronal]!, before[coronal]!)).mean).toBeGreaterThan(1);
    expect((await reading.readout()).bw).toBe(uptake(deformed!.summary!.lesions[0]!.suvMax));
    await reading.tap('d');
    await sign('visible');
  });
});
