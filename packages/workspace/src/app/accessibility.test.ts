import { AxeBuilder } from '@axe-core/playwright';
import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { TOKEN } from '../../testing/fixture/index.ts';
import { ReadingPage, SignInPage, WorklistPage } from '../../testing/pages.ts';

describeWithPeers('every page', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  beforeAll(async () => {
    stage = await Stage.open();
    visit = await openVisit(stage.browser);
  });
  afterAll(() => stage.close());

  const findings = async () => {
    const { violations } = await new AxeBuilder({ page: visit.page }).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  };

  const goTo = async (study: number) => {
    await visit.page.goto(`${stage.server.url}/studies/1.2.826.0.1.${study}`);
    const reading = new ReadingPage(visit.page);
    await reading.wait();
    await reading.waitForPictures();
    return reading;
  };

  it('has no finding by axe: sign-in', async () => {
    await new SignInPage(visit.page, stage.server.url).open();
    expect(await findings()).toEqual([]);
    expect(await visit.page.getByText('Not a cleared medical device').isVisible()).toBe(true);
  });

  it('has no finding by axe: work list', async () => {
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    await new WorklistPage(visit.page).wait();
    expect(await findings()).toEqual([]);
    expect(await visit.page.getByText('Not a cleared medical device').isVisible()).toBe(true);
  });

  it('has no finding by axe: reading, with a finding selected, physiological uptake shown, and dialogs', async () => {
    const reading = await goTo(1);
    expect(await findings()).toEqual([]);
    await reading.press('p');
    await reading.press('j');
    expect(await findings()).toEqual([]);
    for (const key of ['?', 'e']) {
      await reading.press(key);
      await visit.page.getByRole('dialog').waitFor();
      expect(await findings()).toEqual([]);
      await reading.press('Escape');
    }
    expect(await visit.page.getByText('Not a cleared medical device').isVisible()).toBe(true);
  });

  it.each([
    [2, 'without SUV'],
    [3, 'without registration'],
    [6, 'signed'],
  ])('has no finding by axe: study %i, %s', async (study) => {
    await goTo(study);
    expect(await findings()).toEqual([]);
  });

  it('reaches every control of the reading page with the tab key', async () => {
    await goTo(1);
    const expected = await visit.page.evaluate(() => {
      const all = document.querySelectorAll<HTMLElement>(
        'button:not(:disabled), select:not(:disabled), input:not(:disabled), a[href], [tabindex="0"]',
      );
      return [...all].filter((one) => one.offsetParent !== null && one.closest('dialog') === null).length;
    });
    const seen = new Set<string>();
    await visit.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let press = 0; press < expected + 2; press++) {
      await visit.page.keyboard.press('Tab');
      seen.add(
        await visit.page.evaluate(() => {
          const active = document.activeElement as HTMLElement;
          active.dataset.reached ??= String(Math.random());
          return active === document.body ? '' : active.dataset.reached;
        }),
      );
    }
    seen.delete('');
    expect(seen.size).toBe(expected);
    expect(visit.complaints).toEqual([]);
  });

  it.each([
    [1366, 768],
    [2560, 1440],
  ])('fits %i × %i without scrolling', async (width, height) => {
    await visit.page.setViewportSize({ width, height });
    await visit.page.goto(`${stage.server.url}/studies/1.2.826.0.1.1`);
    await new ReadingPage(visit.page).wait();
    const over = await visit.page.evaluate(() => {
      const toolbar = document.querySelector('[role=toolbar]')!;
      return {
        page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        toolbar: toolbar.scrollWidth - toolbar.clientWidth,
      };
    });
    expect(over).toEqual({ page: 0, toolbar: 0 });
  });
});
