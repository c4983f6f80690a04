// Builds the workspace application if its sources have changed: what `npm start` does, for images.
import { ensureNode24 } from '../packages/photopeak/bin/node24.js';
import { ensureWorkspace } from './setup/workspace.js';

ensureWorkspace(ensureNode24());
