import { describeWithPeers } from '@photopeak/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { TOKEN } from '../../testing/fixture/index.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';
import { add, type Vec3, voxelAt } from '../geometry/index.ts';

describeWithPeers('aligning by hand', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  let reading: ReadingPage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    const list = new WorklistPage(visit.page);
    await list.wait();
    reading = await list.open('Phantom, Petra');
    await reading.waitForPictures();
    stage.server.studies[0]!.corrections.length = 0;
  });
  afterEach(async () => {
    expect(visit.complaints).toEqual([]);
    await visit.context.close();
  });

  const bar = () => visit.page.getByRole('region', { name: 'Alignment by hand' });
  const amount = (name: string) => bar().getByLabel(name);

  /** HU under the hottest voxel of a finding where the PET is shifted. */
  async function expectHu(shift: Vec3): Promise<void> {
    const study = stage.server.studies[0]!;
    const { grid, data } = study.voxels(`${study.uid}.1`);
    const lesion = study.summary!.lesions[0]!;
    await reading.select('L1');
    const point = add(lesion.maximumPosition as Vec3, shift);
    await eventually(async () => (await reading.readout()).hu).toBe(
      String(voxelAt({ ...grid, data }, point)),
    );
  }

  it('moves the PET by numbers, keys and mouse, with its findings, and asks for just that', async () => {
    await reading.press('g');
    await amount('to the head').fill('40');
    await amount('to the left').fill('-6');
    await reading.waitForPictures();
    await expectHu([-6, 0, 40]);
    await reading.click('axial-fusion', 0.5, 0.5);
    await reading.press('Shift+ArrowRight');
    // The right edge of an axial picture is the patient's left.
    await eventually(() => amount('to the left').inputValue()).toBe('-5');

    const box = (await reading.pane('coronal-fusion').boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await visit.page.mouse.move(x, y);
    await visit.page.mouse.down();
    await visit.page.mouse.move(x, y - 20, { steps: 4 });
    await visit.page.mouse.up();
    await eventually(async () => Number(await amount('to the head').inputValue())).toBeGreaterThan(45);
    await amount('to the head').fill('30');
    await bar().getByRole('button', { name: 'Set alignment' }).click();
    await bar().waitFor({ state: 'detached' });
    expect(stage.server.studies[0]!.corrections).toEqual([
      {
        nudge: {
          shiftMm: [-5, expect.closeTo(0, 6), 30],
          turnDegrees: [0, 0, 0],
          about: [expect.any(Number), expect.any(Number), expect.any(Number)],
        },
      },
    ]);
  });

  it('marks points in both, looks at what they make, and leaves without a trace', async () => {
    await reading.press('g');
    await bar().getByRole('button', { name: 'Landmarks' }).click();
    await reading.waitForPictures();
    const look = bar().getByRole('button', { name: 'Look at it fused' });
    for (const [across, down] of [
      [0.4, 0.5],
      [0.6, 0.5],
      [0.5, 0.35],
    ] as const) {
      expect(await look.isEnabled()).toBe(false);
      await reading.click('axial-ct', across, down);
      await reading.click('axial-pet', across, down);
      await bar().getByRole('button', { name: 'Add pair' }).click();
    }
    await look.click();
    await bar()
      .getByText(/fits to \d+\.\d mm/)
      .waitFor();
    await reading.waitForPictures();
    expect(await reading.paneLabel('axial-fusion')).toContain('CT + PET');
    await bar().getByRole('button', { name: 'Cancel' }).click();
    await bar().waitFor({ state: 'detached' });
    await reading.waitForPictures();
    await expectHu([0, 0, 0]);
    expect(stage.server.studies[0]!.corrections).toEqual([]);
  });
});
