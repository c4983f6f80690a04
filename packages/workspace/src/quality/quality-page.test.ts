import { AxeBuilder } from '@axe-core/playwright';
import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { PHYSICIST_TOKEN, TOKEN } from '../../testing/fixture/index.ts';
import { SignInPage, WorklistPage } from '../../testing/pages.ts';

describeWithPeers('the quality list', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  beforeAll(async () => {
    stage = await Stage.open();
    visit = await openVisit(stage.browser, { width: 1366, height: 1100 });
    await new SignInPage(visit.page, stage.server.url).follow(PHYSICIST_TOKEN);
    await new WorklistPage(visit.page).wait();
  });
  afterAll(() => stage.close());

  const waiting = () => visit.page.getByRole('region', { name: 'Waiting' });

  it('is reached by a physicist from the work list, and by axe without a finding', async () => {
    await visit.page.getByRole('link', { name: 'Quality' }).click();
    await visit.page.getByRole('heading', { name: 'Waiting (2)' }).waitFor();
    expect(await visit.page.getByRole('link', { name: 'Routes' }).count()).toBe(0);
    const held = waiting().getByRole('listitem').filter({ hasText: 'Held back' }).first();
    expect(await held.textContent()).toContain('stands 14.2 standard deviations out');
    const picture = held.getByRole('img', { name: /the place that stands out most is marked/ });
    await picture.scrollIntoViewIfNeeded();
    await eventually(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1152);
    const { violations } = await new AxeBuilder({ page: visit.page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it('takes marks for what was drawn, once all questions are answered', async () => {
    const drawn = waiting().getByRole('listitem').filter({ hasText: 'drawn to be looked at' }).first();
    const save = drawn.getByRole('button', { name: 'Save marks' });
    expect(await save.isDisabled()).toBe(true);
    const marks = {
      'Artefacts (5: none)': '5',
      Sharpness: '4',
      'Noise texture': '3',
      'Diagnostic confidence': '4',
    };
    for (const [label, mark] of Object.entries(marks)) await drawn.getByLabel(label).selectOption(mark);
    await drawn.getByLabel('Comment').fill('a little waxy');
    await save.click();
    await visit.page.getByRole('heading', { name: 'Waiting (1)' }).waitFor();
    const done = visit.page.getByRole('region', { name: 'Looked at' });
    await eventually(() => done.textContent()).toContain('noise texture 3, confidence 4 — a little waxy');
  });

  it('lets a physicist release what is held back', async () => {
    await waiting().getByLabel('Why').fill('a known stent');
    await waiting().getByRole('button', { name: 'Release to readers and PACS' }).click();
    await visit.page.getByText('Nothing waits for you.').waitFor();
    const done = visit.page.getByRole('region', { name: 'Looked at' });
    await eventually(() => done.textContent()).toContain('released by P. Physicist: a known stent');
    expect(visit.complaints).toEqual([]);
  });

  it('is not offered to a reader', async () => {
    const { page, context } = await openVisit(stage.browser);
    await new SignInPage(page, stage.server.url).follow(TOKEN);
    await new WorklistPage(page).wait();
    expect(await page.getByRole('link', { name: 'Quality' }).count()).toBe(0);
    await context.close();
  });
});
