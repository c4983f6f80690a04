export { launchBrowser } from './browser.ts';
export { ReadingPage, SignInPage, WorklistPage } from './pages.ts';
