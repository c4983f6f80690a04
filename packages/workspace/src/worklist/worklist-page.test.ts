import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage, type Visit } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { TOKEN } from '../../testing/fixture/index.ts';
import { SignInPage, WorklistPage } from '../../testing/pages.ts';

describeWithPeers('the work list', ['chromium'], () => {
  let stage: Stage;
  let visit: Visit;
  let list: WorklistPage;
  beforeAll(async () => {
    stage = await Stage.open();
    visit = await openVisit(stage.browser);
    await new SignInPage(visit.page, stage.server.url).follow(TOKEN);
    list = new WorklistPage(visit.page);
    await list.wait();
  });
  afterAll(() => stage.close());

  it('shows state, priority and the registration score with its reason', async () => {
    expect((await list.patients())[0]).toBe('Phantom, Petra');
    const text = await list.row('Frames, Two').textContent();
    expect(text).toContain('High');
    expect(text).toContain('AI draft');
    expect(text).toContain('22poor');
    expect(text).toContain('two starts end 14.2 mm apart');
    expect(await list.row('Only, Ct').textContent()).toContain(
      'no attenuation-corrected PET series in this study',
    );
  });

  it('lists what a technologist has to check, and keeps the verdict', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'Alignment to check (1)' }).click();
    await eventually(() => list.patients()).toEqual(['Frames, Two']);
    await page.getByRole('link', { name: 'Frames, Two' }).click();
    const banner = page.getByRole('region', { name: 'Alignment' });
    expect(await banner.textContent()).toContain('Check fusion alignment, 22/100');
    await banner.getByRole('button', { name: 'Not to be fused' }).click();
    await eventually(() => banner.textContent()).toContain('PET and CT must not be read on each other');
    await page.goBack();
    await list.wait();
    await eventually(() => list.row('Frames, Two').textContent()).toContain('not to be fused');
    expect(await page.getByRole('button', { name: /Alignment to check/ }).count()).toBe(0);
  });

  it('follows the node without being asked', async () => {
    const study = stage.server.studies[3]!;
    study.progress = { step: 'register', fraction: 0.6 };
    stage.server.emit({
      kind: 'step',
      runId: study.runId,
      studyInstanceUid: study.uid,
      step: 'register',
      state: 'running',
      fraction: 0.6,
      message: null,
    });
    await eventually(() => list.row('Under, Way').textContent()).toContain('60 %');
    const other = stage.server.studies[4]!;
    other.state = 'complete';
    stage.server.emit({ kind: 'study', studyInstanceUid: other.uid, state: 'complete' });
    await eventually(() => list.row('Only, Ct').textContent()).toContain('Complete');
  });

  it('can be worked by keys alone', async () => {
    const { page } = visit;
    await page.keyboard.press('/');
    await page.keyboard.type('weight');
    await eventually(() => list.patients()).toEqual(['Weight, Missing']);
    await page.getByRole('searchbox').fill('');
    await eventually(async () => (await list.patients()).length).toBe(7);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('Frames, Two');
    await page.keyboard.press('End');
    expect(await focused()).toBe('Yesterday, Done');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.waitForURL(/studies\/1\.2\.826\.0\.1\.1$/);
    await page.goBack();
    await list.wait();
  });

  it('sorts by a column and back', async () => {
    const { page } = visit;
    await page.getByRole('button', { name: 'Registration' }).click();
    expect((await list.patients())[0]).toBe('Frames, Two');
    await page.getByRole('button', { name: 'Registration' }).click();
    expect((await list.patients())[0]).not.toBe('Frames, Two');
    await page.getByRole('button', { name: 'Priority' }).click();
    expect(visit.complaints).toEqual([]);
  });
});
