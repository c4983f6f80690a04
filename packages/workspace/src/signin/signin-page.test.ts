import { describeWithPeers } from '@photopeak/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openVisit, Stage } from '../../testing/browser.ts';
import { eventually } from '../../testing/eventually.ts';
import { FIRST_TOKEN, READER, TOKEN } from '../../testing/fixture/index.ts';
import { SignInPage, WorklistPage } from '../../testing/pages.ts';

describeWithPeers('the sign-in page', ['chromium'], () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.close());

  it('lets nobody in without a session, and then goes where they wanted', async () => {
    const { page, context, complaints } = await openVisit(stage.browser);
    const signIn = new SignInPage(page, stage.server.url);
    await page.goto(`${stage.server.url}/studies/1.2.826.0.1.5`);
    await page.waitForURL(/signin\?to=/);
    await signIn.signIn(READER.username, 'wrong password');
    await eventually(() => signIn.problem.textContent()).toContain('The name or the password is not right.');
    await signIn.signIn(READER.username, READER.password);
    await page.waitForURL(/studies\/1\.2\.826\.0\.1\.5$/);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('takes a one-time link once, from the query or the fragment, and hides it', async () => {
    for (const address of [`/signin?token=${TOKEN}`, `/#token=${TOKEN}`]) {
      const { page, context } = await openVisit(stage.browser);
      await page.goto(`${stage.server.url}${address}`);
      await new WorklistPage(page).wait();
      expect(page.url()).not.toContain(TOKEN);
      await context.close();
    }
  });

  it('lets who came by the first link set a password', async () => {
    const { page, context } = await openVisit(stage.browser);
    const signIn = new SignInPage(page, stage.server.url);
    await signIn.follow(FIRST_TOKEN);
    await page.getByLabel('New password').fill('a long enough one');
    await page.getByLabel('Again').fill('another long one');
    await page.getByRole('button', { name: 'Set password' }).click();
    await eventually(() => signIn.problem.textContent()).toContain('not the same');
    await signIn.setPassword('a long enough one');
    await new WorklistPage(page).wait();
    await context.close();
  });

  it('never follows an address of another site', async () => {
    const { page, context } = await openVisit(stage.browser);
    await page.goto(`${stage.server.url}/signin?to=${encodeURIComponent('//elsewhere.example')}`);
    await new SignInPage(page, stage.server.url).signIn(READER.username, READER.password);
    await new WorklistPage(page).wait();
    expect(new URL(page.url()).origin).toBe(stage.server.url);
    await context.close();
  });

  it('signs out', async () => {
    const { page, context } = await openVisit(stage.browser);
    await new SignInPage(page, stage.server.url).follow(TOKEN);
    await new WorklistPage(page).wait();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/signin/);
    expect((await page.request.get(`${stage.server.url}/api/worklist`)).status()).toBe(401);
    await context.close();
  });
});
