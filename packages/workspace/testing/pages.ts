import type { Locator, Page } from 'playwright-core';

/** What a person sees and does on each page, for tests against the fixture or a real node. */

const PATIENCE_MS = 60_000;

export class SignInPage {
  readonly page: Page;
  readonly base: string;

  constructor(page: Page, base: string) {
    this.page = page;
    this.base = base;
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.base}/signin`);
    await this.page.getByRole('button', { name: 'Sign in' }).waitFor();
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.page.getByLabel('User name').fill(username);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** The one-time link that the node prints. */
  async follow(token: string): Promise<void> {
    await this.page.goto(`${this.base}/signin?token=${encodeURIComponent(token)}`);
  }

  /** After a one-time link, where no password is set yet. */
  async setPassword(password: string): Promise<void> {
    await this.page.getByLabel('New password').fill(password);
    await this.page.getByLabel('Again').fill(password);
    await this.page.getByRole('button', { name: 'Set password' }).click();
  }

  get problem(): Locator {
    return this.page.getByRole('alert');
  }
}

export class WorklistPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async wait(): Promise<void> {
    await this.page.getByRole('heading', { name: /Work list/ }).waitFor({ timeout: PATIENCE_MS });
    await this.page.locator('tbody tr').first().waitFor({ timeout: PATIENCE_MS });
  }

  row(patient: string): Locator {
    return this.page.locator('tbody tr', { hasText: patient });
  }

  async patients(): Promise<string[]> {
    return this.page.locator('tbody a').allInnerTexts();
  }

  async open(patient: string): Promise<ReadingPage> {
    await this.row(patient).getByRole('link').click();
    const reading = new ReadingPage(this.page);
    await reading.wait();
    return reading;
  }
}

export interface Readout {
  readonly hu: string | undefined;
  readonly bw: string | undefined;
  readonly lbm: string | undefined;
  readonly bsa: string | undefined;
  readonly activity: string | undefined;
}

export class ReadingPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async wait(): Promise<void> {
    await this.page.getByRole('toolbar', { name: 'Display' }).waitFor({ timeout: PATIENCE_MS });
  }

  pane(id: string): Locator {
    return this.page.locator(`[data-pane="${id}"]`);
  }

  /** Until every visible pane shows its newest content in the whole resolution, and has for a moment. */
  async waitForPictures(): Promise<void> {
    await this.page.evaluate(() => {
      (window as unknown as { settledSince: number | undefined }).settledSince = undefined;
    });
    await this.page.waitForFunction(
      () => {
        const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
          (pane) => pane.offsetParent !== null,
        );
        const isSettled =
          panes.length > 0 &&
          panes.every(
            (pane) =>
              pane.dataset.quality === 'full' && pane.querySelector('[data-picture="settled"]') !== null,
          );
        const memory = window as unknown as { settledSince: number | undefined };
        memory.settledSince = isSettled ? (memory.settledSince ?? performance.now()) : undefined;
        return isSettled && performance.now() - memory.settledSince! > 300;
      },
      undefined,
      { timeout: PATIENCE_MS, polling: 100 },
    );
  }

  /** A click at a fraction of the width and height of a pane. */
  async click(id: string, across: number, down: number): Promise<void> {
    const box = (await this.pane(id).boundingBox())!;
    await this.page.mouse.click(box.x + across * box.width, box.y + down * box.height);
    // Out of the pictures, so that the read-out is that of the cross-hair.
    await this.page.mouse.move(5, 5);
  }

  async hover(id: string, across: number, down: number): Promise<void> {
    const box = (await this.pane(id).boundingBox())!;
    await this.page.mouse.move(box.x + across * box.width, box.y + down * box.height);
  }

  /** `Axial CT + PET, plane 57 of 172, H 167.5 mm` */
  async paneLabel(id: string): Promise<string> {
    return (await this.pane(id).getByRole('img').getAttribute('aria-label')) ?? '';
  }

  async readout(): Promise<Readout> {
    const value = async (name: string) => {
      const shown = this.page.locator(`[data-readout="${name}"]`);
      return (await shown.count()) === 0 ? undefined : ((await shown.textContent()) ?? undefined);
    };
    const [hu, bw, lbm, bsa, activity] = await Promise.all(['hu', 'bw', 'lbm', 'bsa', 'activity'].map(value));
    return { hu, bw, lbm, bsa, activity };
  }

  lesions(): Locator {
    return this.page.locator('[data-lesion]');
  }

  lesion(tag: string): Locator {
    return this.lesions().filter({ has: this.page.getByRole('button', { name: new RegExp(`^${tag}\\b`) }) });
  }

  async select(tag: string): Promise<void> {
    await this.lesion(tag)
      .getByRole('button', { name: new RegExp(`^${tag}\\b`) })
      .click();
  }

  async verdict(tag: string): Promise<string | null> {
    return this.lesion(tag).getAttribute('data-verdict');
  }

  async waitForVerdict(
    tag: string,
    verdict: 'undecided' | 'accepted' | 'modified' | 'rejected',
  ): Promise<void> {
    await this.page
      .locator(`[data-lesion][data-verdict="${verdict}"]`, {
        has: this.page.getByRole('button', { name: new RegExp(`^${tag}\\b`) }),
      })
      .waitFor({ timeout: PATIENCE_MS });
  }

  async press(key: string): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** A short press of a key that can also be held, however slow the machine is between down and up. */
  async tap(key: string): Promise<void> {
    await this.page.evaluate((key) => {
      const target = document.activeElement ?? document.body;
      for (const kind of ['keydown', 'keyup'])
        target.dispatchEvent(new KeyboardEvent(kind, { key, bubbles: true, cancelable: true }));
    }, key);
  }

  async accept(tag: string): Promise<void> {
    await this.select(tag);
    await this.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await this.waitForVerdict(tag, 'accepted');
  }

  async reject(tag: string): Promise<void> {
    await this.select(tag);
    await this.page.getByRole('button', { name: 'Reject', exact: true }).click();
    await this.waitForVerdict(tag, 'rejected');
  }

  async modify(tag: string, change: { readonly name?: string; readonly site?: string }): Promise<void> {
    await this.select(tag);
    await this.page.getByRole('button', { name: 'Edit', exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    if (change.name !== undefined) await dialog.getByLabel('Name').fill(change.name);
    if (change.site !== undefined) await dialog.getByLabel('Site').selectOption(change.site);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await this.waitForVerdict(tag, 'modified');
  }

  /** Makes uptake that was set aside a finding; it must be shown. */
  async add(tag: string): Promise<void> {
    await this.lesion(tag).getByRole('button', { name: /^Add / }).click();
    await this.waitForVerdict(tag, 'accepted');
  }

  async acceptAll(): Promise<void> {
    await this.page.getByRole('button', { name: 'Accept all open' }).click();
  }

  async sign(password: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign…' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(password);
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click();
  }

  /** The green line under the findings. */
  get signature(): Locator {
    return this.page.locator('aside footer', { hasText: 'Signed by' });
  }

  /**
   * Picture, outlines and cross-hair of a pane as PNG, without text, which every machine's fonts draw otherwise.
   */
  async picture(id: string): Promise<Buffer> {
    const url = await this.pane(id).evaluate((pane) => {
      const layers = [...pane.querySelectorAll('canvas')].filter(
        (layer) => layer.width > 0 && layer.height > 0,
      );
      const whole = document.createElement('canvas');
      whole.width = layers[0]!.width;
      whole.height = layers[0]!.height;
      const context = whole.getContext('2d')!;
      for (const layer of layers) {
        if (getComputedStyle(layer).display !== 'none')
          context.drawImage(layer, 0, 0, whole.width, whole.height);
      }
      return whole.toDataURL('image/png');
    });
    return Buffer.from(url.split(',')[1]!, 'base64');
  }
}
