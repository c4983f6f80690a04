import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { TOKEN } from '../../testing/fixture/index.ts';
import { difference } from '../../testing/golden.ts';
import { type ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';

describeWithPeers('enhancing a series while reading', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  let reading: ReadingPage;
  beforeAll(async () => {
    stage = await Stage.open();
    visit = await openVisit(stage.browser);
    // Software rendering beside other work: a click may wait for a picture.
    visit.page.setDefaultTimeout(100_000);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    const list = new WorklistPage(visit.page);
    await list.wait();
    // A CT alone: three small pictures, which software rendering draws soon.
    reading = await list.open('Only, Ct');
    await reading.waitForPictures();
  }, 600_000);
  afterAll(async () => {
    await stage.close();
    expect(visit.complaints).toEqual([]);
  });

  const bar = () => visit.page.getByRole('region', { name: 'Enhancement' });
  const shows = (name: string) =>
    expect(bar().getByRole('button', { name, exact: true }).getAttribute('aria-pressed'));

  /** The middle of a pane as it is on the screen: without text, and beside the edges of a drawn curtain. */
  const seen = async () => {
    const { x, y, width, height } = (await visit.page.locator('[data-pane="axial-ct"]').boundingBox())!;
    const clip = {
      x: Math.round(x + 0.3 * width),
      y: Math.round(y + 0.25 * height),
      width: Math.round(0.4 * width),
      height: Math.round(0.5 * height),
    };
    return visit.page.screenshot({ clip });
  };

  it('asks, sees the progress, and then looks at original, enhanced and difference by keys', async () => {
    await reading.tap('c');
    await visit.page.keyboard.press('Shift+E');
    await bar().getByLabel('Method').waitFor();
    // The bar takes its place first: pictures of one size are compared.
    await reading.waitForPictures();
    const original = await reading.picture('axial-ct');
    const readout = await reading.readout();
    await bar().getByLabel('Method').selectOption('box-mean');
    await bar().getByText('blurs edges').waitFor();
    await bar().getByRole('button', { name: 'Enhance', exact: true }).click();
    await bar().getByRole('progressbar').waitFor();
    stage.server.finishEnhancements();
    await bar().getByText('temporary').waitFor();
    await reading.waitForPictures();
    await shows('Enhanced').resolves.toBe('true');
    expect(await reading.paneLabel('axial-ct')).toContain('CT enhanced');
    const enhanced = await reading.picture('axial-ct');
    expect((await difference(visit.page, enhanced, original)).mean).toBeGreaterThan(0.2);
    await bar().getByText('edges are 12 % less steep').waitFor();
    const enhancedSeen = await seen();
    // Numbers stay those of what the scanner measured.
    expect(await reading.readout()).toEqual(readout);

    await reading.tap('b');
    await reading.waitForPictures();
    await shows('Original').resolves.toBe('true');
    expect((await difference(visit.page, await reading.picture('axial-ct'), original)).mean).toBeLessThan(
      0.05,
    );

    const originalSeen = await seen();
    // A curtain: the original on its left, the enhanced image on its right; its edge is drawn across the pane.
    await reading.tap('s');
    await shows('Enhanced').resolves.toBe('true');
    await shows('Curtain').resolves.toBe('true');
    await reading.waitForPictures();
    const edge = visit.page.locator('[data-pane="axial-ct"]').getByRole('separator');
    const drawTo = async (part: number) => {
      const pane = (await visit.page.locator('[data-pane="axial-ct"]').boundingBox())!;
      const from = (await edge.boundingBox())!;
      await visit.page.mouse.move(from.x + from.width / 2, pane.y + 40);
      await visit.page.mouse.down();
      await visit.page.mouse.move(pane.x + part * pane.width, pane.y + 40);
      await visit.page.mouse.up();
      await eventually(() => edge.getAttribute('aria-valuenow')).toBe(String(Math.round(100 * part)));
      await reading.waitForPictures();
      return seen();
    };
    if (process.env.CURTAIN_SHOT !== undefined)
      await visit.page.screenshot({ path: process.env.CURTAIN_SHOT });
    expect(await reading.paneLabel('axial-ct')).toContain('CT original | enhanced');
    const [open, drawn] = [await drawTo(0.02), await drawTo(0.98)];
    const far = async (a: Buffer, b: Buffer) => (await difference(visit.page, a, b)).mean;
    expect(await far(open, enhancedSeen)).toBeLessThan(await far(open, originalSeen));
    expect(await far(drawn, originalSeen)).toBeLessThan(await far(drawn, enhancedSeen));
    await edge.focus();
    await visit.page.keyboard.press('ArrowLeft');
    await eventually(() => edge.getAttribute('aria-valuenow')).toBe('96');
    await reading.tap('s');
    await eventually(() => edge.count()).toBe(0);
    await reading.tap('b');
    await reading.waitForPictures();

    await visit.page.keyboard.press('Shift+B');
    await reading.waitForPictures();
    await shows('Difference').resolves.toBe('true');
    expect(await reading.paneLabel('axial-ct')).toContain('CT difference');
    await reading.tap('b');
    await shows('Enhanced').resolves.toBe('true');
  }, 900_000);

  it('drops it, and keeps another', async () => {
    await bar().getByRole('button', { name: 'Drop' }).click();
    await bar().getByRole('button', { name: 'Enhance', exact: true }).waitFor();
    await reading.waitForPictures();
    expect(await reading.paneLabel('axial-ct')).not.toContain('enhanced');
    await bar().getByRole('button', { name: 'Enhance', exact: true }).click();
    await bar().getByRole('progressbar').waitFor();
    stage.server.finishEnhancements();
    await bar().getByRole('button', { name: 'Keep' }).click();
    await eventually(async () => stage.server.keptEnhancements.length).toBe(1);
    await bar().getByRole('button', { name: 'Enhance', exact: true }).waitFor();
  }, 300_000);
});
