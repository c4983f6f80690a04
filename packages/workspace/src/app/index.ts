export { AdministrationPage } from './administration-page.tsx';
export { LiveMark } from './live-mark.tsx';
export { Mark } from './mark.tsx';
export { PersonMenu } from './person-menu.tsx';
