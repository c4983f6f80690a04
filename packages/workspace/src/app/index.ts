export { AdministrationPage, PageLink } from './administration-page.tsx';
export { LiveMark } from './live-mark.tsx';
export { Mark } from './mark.tsx';
export { PageFrame } from './page-frame.tsx';
export { PersonMenu } from './person-menu.tsx';
