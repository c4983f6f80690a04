import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildPages } from './build.ts';
import { type FixtureServer, type FixtureStudy, startFixtureServer } from './fixture/index.ts';

/** Software rendering that gives the same pixels on every machine. */
const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // Debian's chromium draws text and boxes with the graphics card too, which in software takes twice the time.
  '--disable-gpu-rasterization',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/** A page, and everything that it complained about. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors and what the content security policy refused. */
  readonly complaints: readonly string[];
}

export async function openVisit(
  browser: Browser,
  // As wide as the smallest screen, but low: software rendering takes its time by the pixel.
  viewport: { readonly width: number; readonly height: number } = { width: 1366, height: 480 },
): Promise<Visit> {
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
  });
  return { context, page, complaints };
}

/** The built pages, a fixture node that serves them, and a browser. */
export class Stage {
  readonly server: FixtureServer;
  readonly browser: Browser;

  constructor(server: FixtureServer, browser: Browser) {
    this.server = server;
    this.browser = browser;
  }

  /** @param studies of the work list; one of every kind if not given. */
  static async open(studies?: readonly FixtureStudy[]): Promise<Stage> {
    const dist = await buildPages();
    const [server, browser] = await Promise.all([startFixtureServer(dist, studies), launchBrowser()]);
    return new Stage(server, browser);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}
